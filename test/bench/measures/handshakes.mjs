import { handshakeSubjects } from '../subjects.mjs';

export const handshakes = {
  name: 'handshakes',
  title: 'Handshakes ("guarded": behind three middleware and a guard)',
  base: 'ws',
  subjects: () => handshakeSubjects,
  columns: [
    { key: 'rate', title: 'handshakes/s', ratio: true },
    { key: 'cpu', title: 'server CPU ms per 100,000', ratio: true },
    { key: 'busy', title: 'server busy %', share: true },
    { key: 'load', title: 'client busy %', share: true, limits: 'busy' },
  ],

  once: (subject, context) =>
    context.with(subject, async (pair) => {
      const { client, target } = pair;
      if (target.wire.reply) {
        await client.ask({ command: 'open', target, count: 1 });
        await client.ask({ command: 'close' });
      }
      await client.ask({ command: 'shakeHands', target, lanes: context.sizes.lanes });
      return context.observe(pair);
    }),
};
