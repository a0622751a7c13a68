import { compressedRoomSubjects, crowdSubjects } from '../subjects.mjs';
import { fanOut, toReaders } from './fan-out.mjs';

export const compressedRoom = {
  ...fanOut,
  name: 'compressed-room',
  title: 'A room of 1,000 that compress, 1 and 8 KB, without context takeover',
  subjects: () => compressedRoomSubjects,
  once: toReaders('readers'),
};

/** As little as JavaScript can do for it is the base: frames that were made once, past `ws`. */
export const crowd = {
  ...fanOut,
  name: 'crowd',
  title: 'A room of 10,000',
  subjects: () => crowdSubjects,
  once: toReaders('crowd'),
};
