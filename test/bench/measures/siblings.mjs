import { setTimeout as sleep } from 'node:timers/promises';
import { siblingSubjects } from '../subjects.mjs';

/** Besides the one that floods. */
const SIBLINGS = 10;
/** Messages a second of all of them. */
const RATE = 500;
/** Milliseconds between two bursts of a flood. */
const EVERY = 5;
const FLOODS = {
  small: { message: '{"message":"Hello World"}', count: 100 },
  large: { message: JSON.stringify('x'.repeat(256 * 1024)), count: 1 },
};

const flooded = (name, title) => [
  { key: name, title: `p99 beside ${title}, µs` },
  { key: `${name}Times`, title: 'times as long', digits: 1 },
];

/** Inside HTTP/2, they share one TCP connection with it. */
export const siblings = {
  name: 'siblings',
  title: `Echo of ${SIBLINGS} connections beside one that floods: 20,000 messages, or 50 MB, a second`,
  subjects: () => siblingSubjects,
  columns: [
    { key: 'quiet', title: 'p99 without, µs' },
    ...flooded('small', '100 small ones every 5 ms'),
    ...flooded('large', '256 KB every 5 ms'),
  ],

  async once(subject, context) {
    const sample = {};
    for (const [name, flood] of Object.entries(FLOODS)) {
      const { quiet, loud } = await beside(flood, subject, context);
      sample.quiet = Math.min(sample.quiet ?? Infinity, quiet);
      sample[name] = loud;
      sample[`${name}Times`] = loud / quiet;
    }
    return sample;
  },
};

const beside = (flood, subject, context) =>
  context.with(subject, async ({ client, target }) => {
    const { wire } = target;
    const seconds = Math.max(context.durations.measure, context.sizes.leastSeconds);
    const p99 = async () => {
      await sleep(context.durations.warmUp * 1000);
      await client.ask({ command: 'resetTimes' });
      await sleep(seconds * 1000);
      const [value] = await client.ask({ command: 'quantiles', wanted: [0.99] });
      return value;
    };
    await client.ask({ command: 'open', target, count: SIBLINGS + 1 });
    await client.ask({ command: 'pace', wire, rate: RATE, sleeps: true, active: SIBLINGS });
    const quiet = await p99();
    await client.ask({ command: 'flood', ...flood, ms: EVERY });
    return { quiet, loud: await p99() };
  });
