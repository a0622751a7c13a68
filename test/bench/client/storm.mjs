import { setTimeout as sleep } from 'node:timers/promises';
import { addressFor } from './open.mjs';
import { RawConnection } from './raw-connection.mjs';

/** Milliseconds until a client that was refused comes again, and a little more by chance. */
const RETRY = 500;

/**
 * A process that sleeps has to be woken, and here a slower server would pay for that more often: real clients are other
 * machines.
 */
function stayAwake() {
  let isResting = false;
  const turn = () => isResting || setImmediate(turn);
  turn();
  return () => (isResting = true);
}

/** @returns The connections, how long it took, and how many answers were refusals. */
export async function storm({ port, path, wire }, count) {
  const rest = stayAwake();
  const began = performance.now();
  const times = [];
  let refused = 0;
  const connect = async (index) => {
    for (;;) {
      const connection = new RawConnection(
        { port, localAddress: addressFor(index) },
        () => undefined,
      );
      try {
        await connection.shakeHands(path, wire);
        times.push(performance.now() - began);
        return connection;
      } catch (error) {
        connection.destroy();
        if (!error.message.includes(' 503 ')) throw error;
        refused += 1;
        await sleep(RETRY * (1 + Math.random()));
      }
    }
  };
  const connections = await Promise.all(
    Array.from({ length: count }, (_, index) => connect(index)),
  );
  rest();
  const sorted = times.toSorted((left, right) => left - right);
  return { connections, refused, allMs: sorted.at(-1), p99Ms: sorted[Math.floor(count * 0.99)] };
}
