import { descriptorLimit } from '../processes.mjs';
import { idleSubjects } from '../subjects.mjs';

/** What is made once, by the first connections, is nobody's. */
const FIRST = 20;
/** File descriptors that a process needs beside its connections. */
const SPARE_DESCRIPTORS = 200;

export const memory = {
  name: 'memory',
  title: 'Memory of an idle connection, at 10,000',
  base: 'ws',
  subjects: () => idleSubjects,
  columns: [
    { key: 'heap', title: 'heap and buffers, bytes', ratio: true },
    { key: 'rss', title: 'RSS, bytes', ratio: true },
    { key: 'count', title: 'connections' },
  ],

  once: (subject, context) =>
    context.with(subject, async ({ server, client, target }) => {
      const count = Math.min(context.sizes.idle, descriptorLimit() - SPARE_DESCRIPTORS);
      await client.ask({ command: 'open', target, count: FIRST });
      const before = await server.ask('memory');
      await client.ask({ command: 'open', target, count });
      const after = await server.ask('memory');
      const each = (key) => (after[key] - before[key]) / count;
      return { heap: each('heap'), rss: each('rss'), count };
    }),
};
