import type { RoomBroker } from '../brokers/room.broker.js';
import { BrokerStage } from './broker-contract/broker.stage.js';
import type { ContractCase } from './broker-contract/contract.case.js';
import { historyBoundCases } from './broker-contract/history-bounds.cases.js';
import { historyCases } from './broker-contract/history.cases.js';
import { roomOrderCases, senderOrderCases } from './broker-contract/order.cases.js';
import { packetCases } from './broker-contract/packet.cases.js';
import { presenceCases } from './broker-contract/presence.cases.js';
import { subscriptionCases } from './broker-contract/subscription.cases.js';
import { NoTestRunnerException } from './testing.exceptions.js';

/** What {@link brokerContract} needs from jest, vitest, `node:test`, and similar runners. */
export interface TestRunner {
  /** Groups tests. */
  describe(name: string, define: () => void): unknown;
  /** Defines one test. */
  it(name: string, run: () => Promise<void>): unknown;
}

/**
 * Defines tests for everything that a broker must do. History and presence are tested if the broker's `capabilities`
 * include them. Call it in a test file.
 *
 * @param createBroker Called for each test. Brokers may share a server, even with earlier runs: names never repeat.
 * @param runner Default: the runner's `describe` and `it` from `globalThis`.
 * @throws NoTestRunnerException
 */
export function brokerContract(
  createBroker: () => RoomBroker,
  runner: TestRunner = runnerIn(globalThis),
): void {
  const { name, capabilities = {} } = createBroker();
  const define = (part: string, cases: readonly ContractCase[]): void => {
    runner.describe(`${name}: ${part}`, () => {
      for (const [guarantee, run] of cases) runner.it(guarantee, () => onStage(createBroker, run));
    });
  };
  define('subscriptions', subscriptionCases);
  const orderCases = capabilities.order === 'sender' ? senderOrderCases : roomOrderCases;
  define('packets', [...packetCases, ...orderCases]);
  if (capabilities.history) define('history', [...historyCases, ...historyBoundCases]);
  if (capabilities.presence) define('presence', presenceCases);
}

async function onStage(createBroker: () => RoomBroker, run: ContractCase[1]): Promise<void> {
  const stage = new BrokerStage(createBroker());
  try {
    await run(stage);
  } finally {
    await stage.close();
  }
}

function runnerIn(scope: object): TestRunner {
  if (isRunner(scope)) return scope;
  throw new NoTestRunnerException();
}

const isRunner = (scope: object): scope is TestRunner =>
  ['describe', 'it'].every((name) => typeof Reflect.get(scope, name) === 'function');
