import { medianOf } from '../statistics.mjs';
import { echoSubjects, wsJson } from '../subjects.mjs';
import { echo } from './echo.mjs';

/** Messages a second, the same for all. */
let rate;

export const latency = {
  name: 'latency',
  title: 'Round trip at a fixed rate: half of what ws + JSON echoes with 16 in flight',
  base: 'ws-json',
  subjects: () => echoSubjects,
  columns: [
    { key: 'p50', title: 'p50, µs', ratio: true },
    { key: 'p99', title: 'p99, µs', ratio: true },
    { key: 'served', title: 'answered %', share: true },
    { key: 'busy', title: 'server busy %', share: true },
  ],

  /** @param results Of the measures before. */
  async prepare(context, results) {
    const measured = results.echo?.['ws-json'] ?? [await echo.once(wsJson, context)];
    rate = medianOf(measured.map(({ rate16 }) => rate16)) / 2;
    return `${Math.round(rate)} messages a second`;
  },

  once: (subject, context) =>
    context.with(subject, async (pair) => {
      const { client, target } = pair;
      await client.ask({ command: 'open', target, count: context.sizes.connections });
      await client.ask({ command: 'pace', wire: subject.wire, rate });
      const observed = await context.observe(pair, () => client.ask({ command: 'resetTimes' }));
      const [p50, p99] = await client.ask({ command: 'quantiles', wanted: [0.5, 0.99] });
      return { p50, p99, served: (observed.rate / rate) * 100, busy: observed.busy };
    }),
};
