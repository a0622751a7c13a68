import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startClient } from '../processes.mjs';
import { bystanderSubjects } from '../subjects.mjs';

const clientFile = fileURLToPath(new URL('../client/client.mjs', import.meta.url));
/** Messages a second of the one who is looked at. */
const RATE = 500;
/** Milliseconds between two broadcasts. */
const EVERY = 500;
/** Milliseconds after 10,000 connections were opened until their garbage is gone. */
const SETTLING = 3_000;

/**
 * Both clients share a core. The one who is looked at sleeps between its messages and has priority over the crowd, or
 * what is seen would be the crowd's reading.
 */
export const bystander = {
  name: 'bystander',
  title:
    'Echo of one connection, without and while 10,000 others are told something twice a second',
  subjects: () => bystanderSubjects,
  columns: [
    { key: 'quiet', title: 'p99 without, µs' },
    { key: 'loud', title: 'p99 meanwhile, µs' },
    { key: 'worse', title: 'times as long', digits: 1 },
    { key: 'most', title: 'longest meanwhile, µs' },
  ],

  once: (subject, context) =>
    context.with(subject, async ({ client, target }) => {
      const other = startClient(clientFile);
      const seconds = Math.max(context.durations.measure, context.sizes.leastSeconds);
      const quantiles = async () => {
        await other.ask({ command: 'resetTimes' });
        await sleep(seconds * 1000);
        return other.ask({ command: 'quantiles', wanted: [0.99, 1] });
      };
      try {
        client.giveWay();
        await client.ask({ command: 'open', target, count: context.sizes.crowd });
        const echoing = { ...target, path: subject.echo.path, wire: subject.echo.wire };
        await other.ask({ command: 'open', target: echoing, count: 1 });
        await other.ask({ command: 'pace', wire: echoing.wire, rate: RATE, sleeps: true });
        await sleep(SETTLING);
        const [quiet] = await quantiles();
        await client.ask({ command: 'tellEvery', trigger: target.wire.message, ms: EVERY });
        await sleep(context.durations.warmUp * 1000);
        const [loud, most] = await quantiles();
        return { quiet, loud, worse: loud / quiet, most };
      } finally {
        await other.end();
      }
    }),
};
