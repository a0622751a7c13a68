import { compressedSubjects } from '../subjects.mjs';
import { fanOut } from './fan-out.mjs';

export const compressed = {
  ...fanOut,
  name: 'compressed',
  title: '2 KB to 200 clients that compress, without context takeover',
  base: 'ws',
  subjects: () => compressedSubjects,

  once: (subject, context) =>
    context.with(subject, async (pair) => {
      const { client, target } = pair;
      await client.ask({ command: 'open', target, count: context.sizes.compressedReaders });
      await client.ask({ command: 'fanOut', trigger: target.wire.message });
      return context.observe(pair);
    }),
};
