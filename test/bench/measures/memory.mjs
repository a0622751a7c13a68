import { descriptorLimit } from '../processes.mjs';
import { idleSubjects } from '../subjects.mjs';

/** What is made once, by the first connections, is nobody's. */
const FIRST = 20;
/** File descriptors that a process needs beside its connections. */
const SPARE_DESCRIPTORS = 200;

/** As many as are wanted, as far as a process may have descriptors. */
export const openable = (size, { wire }, { sizes }) =>
  wire.http2 === undefined
    ? Math.min(sizes[size], descriptorLimit() - SPARE_DESCRIPTORS)
    : sizes[size];

const idle = (size) => ({
  base: 'ws',
  columns: [
    { key: 'heap', title: 'heap and buffers, bytes', ratio: true },
    { key: 'rss', title: 'RSS, bytes', ratio: true },
    { key: 'count', title: 'connections' },
  ],

  once: (subject, context) =>
    context.with(subject, async ({ server, client, target }) => {
      const count = openable(size, subject, context);
      await client.ask({ command: 'open', target, count: FIRST });
      const before = await server.ask('memory');
      await client.ask({ command: 'open', target, count });
      const after = await server.ask('memory');
      const each = (key) => (after[key] - before[key]) / count;
      return { heap: each('heap'), rss: each('rss'), count };
    }),
});

export const memory = {
  ...idle('idle'),
  name: 'memory',
  title: 'Memory of an idle connection, at 10,000',
  subjects: () => idleSubjects,
};

/** More need `ulimit -n`: as many as there may be are opened. */
export const many = {
  ...idle('many'),
  name: 'many',
  title: 'Memory of an idle connection, at 100,000',
  subjects: () => idleSubjects.filter(({ name }) => ['ws', 'ours'].includes(name)),
};
