import {
  BadRequestException,
  NotFoundException,
  RequestTimeoutException,
  ServiceUnavailableException,
} from '@nestjs/common';
import { SHUTTING_DOWN } from '../close/close.code.js';
import { ignoreError } from '../close/ignored.errors.js';
import type { CloseRefusal } from './close.refusal.js';
import { handBack } from './plain.request.js';
import { droppedHeaders, type Refusal, type Upgrade } from './upgrade.request.js';
import { writeRefusal } from './upgrade.response.js';

/** Seconds after which a client refused for lack of room may try again. */
const RETRY_AFTER = '5';

/** Counts refusals by HTTP status. */
interface RefusalCounter {
  refuse(status: number): void;
}

/** Answers and counts upgrades that are refused before any code of the application has seen them. */
export class Refusals {
  /** @param closeRefusal Present if refusals of well-formed upgrades are close frames. */
  constructor(
    private readonly counters: RefusalCounter,
    readonly closeRefusal: CloseRefusal | undefined,
  ) {}

  /** For malformed upgrades, which cannot be opened to be closed. */
  overHttp({ request, socket }: Upgrade, { exception, headers }: Refusal): void {
    this.counters.refuse(exception.getStatus());
    writeRefusal(socket, exception, headers, request.method);
  }

  /** For well-formed upgrades: over HTTP or with a close frame, according to the option `refusal`. */
  asConfigured(upgrade: Upgrade, refusal: Refusal): void {
    const { closeRefusal, counters } = this;
    if (!closeRefusal) return this.overHttp(upgrade, refusal);
    const status = refusal.exception.getStatus();
    counters.refuse(status);
    closeRefusal.refuse(upgrade, status, JSON.stringify(refusal.exception.getResponse()));
  }

  /** For an upgrade that nobody wants. */
  noRoute(upgrade: Upgrade): void {
    const { request, socket } = upgrade;
    socket.on('error', ignoreError);
    const dropped = droppedHeaders(upgrade);
    if (dropped) this.overHttp(upgrade, dropped);
    else if (upgrade.isWebSocket) {
      const fault = upgrade.path === undefined ? ambiguousPath() : upgrade.fault;
      if (fault) return this.overHttp(upgrade, fault);
      this.asConfigured(upgrade, { exception: new NotFoundException(`Cannot GET ${request.url}`) });
    } else {
      handBack(upgrade);
      // Node listens now.
      socket.off('error', ignoreError);
    }
  }

  /** The server is about to close: it does not wait for refused clients. */
  drain(): void {
    this.closeRefusal?.drain();
  }
}

export function shuttingDown(): Refusal {
  return unavailable(SHUTTING_DOWN);
}

export function tooManyConnections(): Refusal {
  return unavailable('Too many connections');
}

/** Another connection of HTTP/2 has room. */
export function tooManyInSession(): Refusal {
  return unavailable('Too many connections in this session');
}

export function tooManyPending(): Refusal {
  return unavailable('Too many pending handshakes');
}

export function tookTooLong(): Refusal {
  return { exception: new RequestTimeoutException('The handshake took too long') };
}

/** 503, with the time after which the client may try again. */
function unavailable(message: string): Refusal {
  return {
    exception: new ServiceUnavailableException(message),
    headers: { 'Retry-After': RETRY_AFTER },
  };
}

function ambiguousPath(): Refusal {
  return { exception: new BadRequestException('Ambiguous path') };
}
