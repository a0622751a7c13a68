import { fanOutSubjects } from '../subjects.mjs';

/** @param size How many are told: the name of one of sizes.mjs. */
export const toReaders = (size) => (subject, context) =>
  context.with(subject, async (pair) => {
    const { client, target } = pair;
    await client.ask({ command: 'open', target, count: context.sizes[size] });
    await client.ask({ command: 'fanOut', trigger: target.wire.message });
    return context.observe(pair);
  });

export const fanOut = {
  name: 'fan-out',
  title: 'One text to 1,000 clients, over and over (a loop of `send`)',
  base: 'ws',
  subjects: () => fanOutSubjects,
  columns: [
    { key: 'rate', title: 'deliveries/s', ratio: true },
    { key: 'cpu', title: 'server CPU ms per 100,000', ratio: true },
    { key: 'busy', title: 'server busy %', share: true },
    { key: 'load', title: 'client busy %', share: true, limits: 'busy' },
  ],
  once: toReaders('readers'),
};
