import type { DynamicModule, INestApplication, Type } from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import type { TestingModuleBuilder } from '@nestjs/testing';
import { MemoryBroker } from '../brokers/memory.broker.js';
import type { RoomBroker } from '../brokers/room.broker.js';
import { SUBSTITUTE_BROKER } from '../rooms/broker.token.js';
import { isClosed, markKilled } from './closed.application.js';
import { NodeBroker } from './node.broker.js';
import { ServerSockets } from './server.sockets.js';

/** Options of {@link cluster}. Functions that run once for each application get its index. */
export interface ClusterOptions {
  /** Default: Nest's default adapter, Express. */
  readonly adapter?: (index: number) => AbstractHttpAdapter;
  /** Runs before the module is compiled, for `overrideProvider()` and similar calls. */
  readonly override?: (builder: TestingModuleBuilder, index: number) => unknown;
  /** Runs before `app.init()`, for the global prefix, versioning, pipes, and similar settings. */
  readonly configure?: (app: INestApplication, index: number) => unknown;
}

/** One application of a {@link Cluster}. */
export interface ClusterApplication extends INestApplication {
  /**
   * Acts like `kill -9`, as far as others can tell: the sockets are cut, the broker is not told, and nobody can connect
   * any more. The application's objects live on, and no shutdown hook runs until you close it.
   */
  kill(): Promise<void>;
}

/** Several applications of one module that share a broker. */
export interface Cluster extends AsyncDisposable {
  /** In the order in which they started. */
  readonly apps: readonly ClusterApplication[];
  /** One of `apps`. @throws RangeError if there is no such application. */
  app(index: number): ClusterApplication;
  /** The broker that all applications share. It numbers them as in `apps`, and can simulate faults. */
  readonly broker: MemoryBroker;
  /** Closes all applications, including killed ones. */
  close(): Promise<void>;
}

/**
 * Starts several applications of one module in this process, like nodes behind a load balancer. They share a
 * `MemoryBroker`, whatever broker the module sets. None of them listens: see {@link connect}.
 *
 * @param module The root module.
 * @param count How many applications.
 */
export async function cluster(
  module: Type<unknown> | DynamicModule,
  count: number,
  options: ClusterOptions = {},
): Promise<Cluster> {
  if (!Number.isSafeInteger(count) || count < 1)
    throw new RangeError(`cluster() starts 1 application or more, not ${count}.`);
  const broker = new MemoryBroker();
  const apps: ClusterApplication[] = [];
  const close = (): Promise<void> => closeAll(apps);
  try {
    for (let index = 0; index < count; index += 1)
      // oxlint-disable-next-line no-await-in-loop -- numbered by the broker in this order
      await startNode({ module, index, broker, options, apps });
  } catch (error) {
    await close();
    throw error;
  }
  const app = (index: number): ClusterApplication => {
    const found = apps[index];
    if (!found)
      throw new RangeError(
        `This cluster has ${count} applications, but none with the index ${index}.`,
      );
    return found;
  };
  return { apps, app, broker, close, [Symbol.asyncDispose]: close };
}

interface NodeParts {
  readonly module: Type<unknown> | DynamicModule;
  readonly index: number;
  readonly broker: MemoryBroker;
  readonly options: ClusterOptions;
  /** Gets the application as soon as there is something to close. */
  readonly apps: ClusterApplication[];
}

async function startNode({ module, index, broker, options, apps }: NodeParts): Promise<void> {
  // Not installed everywhere, and only needed here.
  const { Test } = await import('@nestjs/testing');
  const nodeBroker = new NodeBroker(broker);
  const builder = Test.createTestingModule({ imports: [module, providing(nodeBroker)] });
  await options.override?.(builder, index);
  const compiled = await builder.compile();
  const created = options.adapter
    ? compiled.createNestApplication(options.adapter(index))
    : compiled.createNestApplication();
  const sockets = ServerSockets.of(created.getHttpServer());
  const kill = async (): Promise<void> => {
    if (isClosed(app)) return;
    markKilled(app);
    await nodeBroker.cut();
    await sockets.destroy();
  };
  const app: ClusterApplication = Object.assign(created, { kill });
  apps.push(app);
  await options.configure?.(app, index);
  await app.init();
}

class ClusterModule {}

function providing(broker: RoomBroker): DynamicModule {
  return {
    module: ClusterModule,
    global: true,
    providers: [{ provide: SUBSTITUTE_BROKER, useValue: broker }],
    exports: [SUBSTITUTE_BROKER],
  };
}

/** Closes each of them, even if another fails. */
async function closeAll(apps: readonly ClusterApplication[]): Promise<void> {
  const closed = await Promise.allSettled(apps.map((app) => app.close()));
  for (const outcome of closed) if (outcome.status === 'rejected') throw outcome.reason;
}
