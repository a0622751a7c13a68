import { compressedRoomSubjects, crowdSubjects } from '../subjects.mjs';
import { fanOut } from './fan-out.mjs';

const toReaders = (size) => ({
  ...fanOut,
  once: (subject, context) =>
    context.with(subject, async (pair) => {
      const { client, target } = pair;
      await client.ask({ command: 'open', target, count: context.sizes[size] });
      await client.ask({ command: 'fanOut', trigger: target.wire.message });
      return context.observe(pair);
    }),
});

export const compressedRoom = {
  ...toReaders('readers'),
  name: 'compressed-room',
  title: 'A room of 1,000 that compress, 1 and 8 KB, without context takeover',
  subjects: () => compressedRoomSubjects,
};

/** As little as JavaScript can do for it is the base: frames that were made once, past `ws`. */
export const crowd = {
  ...toReaders('crowd'),
  name: 'crowd',
  title: 'A room of 10,000',
  subjects: () => crowdSubjects,
};
