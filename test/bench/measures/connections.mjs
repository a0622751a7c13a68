import { ours, wsJson } from '../subjects.mjs';

const WINDOW = 16;

const nameOf = ({ name }, count) => `${name}-${count}`;

export const connections = {
  name: 'connections',
  title: 'Echo on 64 of n connections, 16 in flight each (ratio: to the smallest n)',
  subjects: ({ sizes }) =>
    [wsJson, ours].flatMap((each) =>
      sizes.crowds.map((count) => ({
        ...each,
        name: nameOf(each, count),
        base: nameOf(each, sizes.crowds[0]),
        count,
      })),
    ),
  columns: [
    { key: 'rate', title: 'msg/s', ratio: true },
    { key: 'cpu', title: 'server CPU ms per 100,000', ratio: true },
    { key: 'busy', title: 'server busy %', share: true },
    { key: 'load', title: 'client busy %', share: true, limits: 'busy' },
  ],

  once: (subject, context) =>
    context.with(subject, async (pair) => {
      const { client, target } = pair;
      await client.ask({ command: 'open', target, count: subject.count });
      const active = context.sizes.connections;
      await client.ask({ command: 'echo', wire: target.wire, window: WINDOW, active });
      return context.observe(pair);
    }),
};
