import { match, type MatchFunction, type ParamData } from 'path-to-regexp';
import {
  DuplicateGatewayPathException,
  InvalidWebSocketPathException,
} from '../errors/revali-ws.exceptions.js';
import { pathParams, type PathParams } from '../routing/route.table.js';
import { BareRecord } from '../values/bare.record.js';
import { EVERY_PATH } from './gateway.path.js';
import type { GatewayServer } from './gateway.server.js';

/** A gateway's server that serves the path, with the path's parameters. */
export interface GatewayCandidate {
  readonly server: GatewayServer;
  readonly params: PathParams;
}

interface GatewayEntry {
  readonly server: GatewayServer;
  /** Names of parameters do not distinguish paths. */
  readonly shape: string;
  readonly isStatic: boolean;
  readonly matches: MatchFunction<ParamData>;
}

/** Finds the gateway of one http server for a path. Plain paths come first, then patterns, then the catch-all. */
export class GatewayTable {
  private readonly entries: GatewayEntry[] = [];
  private rest: GatewayServer | undefined;

  /**
   * @param where Names the gateway in errors.
   * @throws DuplicateGatewayPathException
   * @throws InvalidWebSocketPathException
   */
  add(server: GatewayServer, where: string): void {
    const { path } = server;
    if (path === EVERY_PATH) {
      if (this.rest) throw new DuplicateGatewayPathException(where, 'every path');
      this.rest = server;
      return;
    }
    const shape = path.replaceAll(/([:*])(?:"[^"]*"|[\w$]+)/g, '$1');
    if (this.entries.some((entry) => entry.shape === shape))
      throw new DuplicateGatewayPathException(where, path);
    const isStatic = !/[:*{}]/.test(path);
    this.entries.push({ server, shape, isStatic, matches: compile(path, where) });
    // The sort is stable: patterns keep their registration order.
    this.entries.sort((one, other) => Number(other.isStatic) - Number(one.isStatic));
  }

  find(path: string): GatewayCandidate | undefined {
    for (const { server, matches } of this.entries) {
      const result = matches(path);
      if (result) return { server, params: pathParams(result.params) };
    }
    return this.rest && { server: this.rest, params: new BareRecord<string>() };
  }

  get paths(): string[] {
    return this.entries.map(({ server }) => server.path);
  }
}

function compile(path: string, where: string): MatchFunction<ParamData> {
  try {
    return match(path, { sensitive: true, trailing: false });
  } catch (error) {
    throw new InvalidWebSocketPathException(where, path, error);
  }
}
