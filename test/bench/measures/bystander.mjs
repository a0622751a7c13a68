import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startClient } from '../processes.mjs';
import { bystanderSubjects } from '../subjects.mjs';

const clientFile = fileURLToPath(new URL('../client/client.mjs', import.meta.url));
/** Messages a second of the one who is looked at. */
const RATE = 500;
/** Milliseconds between two broadcasts. */
const EVERY = 250;

/** Both clients share a core, so part of what is seen is the crowd's reading: the same for every server. */
export const bystander = {
  name: 'bystander',
  title:
    'Echo of one connection, without and while 10,000 others are told something four times a second',
  base: 'ws',
  subjects: () => bystanderSubjects,
  columns: [
    { key: 'quiet', title: 'p99 without, µs', ratio: true },
    { key: 'loud', title: 'p99 meanwhile, µs', ratio: true },
    { key: 'worse', title: 'times as long', digits: 1, ratio: true },
  ],

  once: (subject, context) =>
    context.with(subject, async ({ client, target }) => {
      const other = startClient(clientFile);
      const p99 = async () => {
        await sleep(context.durations.warmUp * 1000);
        await other.ask({ command: 'resetTimes' });
        await sleep(context.durations.measure * 1000);
        const [found] = await other.ask({ command: 'quantiles', wanted: [0.99] });
        return found;
      };
      try {
        await client.ask({ command: 'open', target, count: context.sizes.crowd });
        const echoing = { ...target, path: subject.echo.path, wire: subject.echo.wire };
        await other.ask({ command: 'open', target: echoing, count: 1 });
        await other.ask({ command: 'pace', wire: echoing.wire, rate: RATE });
        const quiet = await p99();
        await client.ask({ command: 'tellEvery', trigger: target.wire.message, ms: EVERY });
        const loud = await p99();
        return { quiet, loud, worse: loud / quiet };
      } finally {
        await other.end();
      }
    }),
};
