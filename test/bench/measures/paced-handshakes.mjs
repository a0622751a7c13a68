import { pacedHandshakeSubjects } from '../subjects.mjs';

/** Microseconds of a millisecond. */
const MICRO = 1000;

export const pacedHandshakes = {
  name: 'paced-handshakes',
  title: 'Server CPU of a handshake at a steady pace, from a client that sleeps in between',
  base: 'ws',
  subjects: () => pacedHandshakeSubjects,
  columns: [
    { key: 'cold', title: 'µs, the first 5,000 of a process', ratio: true },
    { key: 'warm', title: 'µs, afterwards', ratio: true },
  ],

  once: (subject, context) =>
    context.with(subject, async ({ server, client, target }) => {
      const { cold, warm, rate } = context.sizes.visits;
      let before = await server.ask('usage');
      await client.ask({ command: 'visit', target, rate });
      const sample = {};
      for (const [key, count] of Object.entries({ cold, warm: cold + warm })) {
        await client.ask({ command: 'visited', count });
        const { replies } = await client.ask({ command: 'usage' });
        const after = await server.ask('usage');
        const made = replies - (before.replies ?? 0);
        sample[key] = ((after.cpuMs - before.cpuMs) * MICRO) / made;
        before = { ...after, replies };
      }
      return sample;
    }),
};
