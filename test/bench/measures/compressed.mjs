import { compressedSubjects } from '../subjects.mjs';
import { fanOut, toReaders } from './fan-out.mjs';

export const compressed = {
  ...fanOut,
  name: 'compressed',
  title: '2 KB to 200 clients that compress, without context takeover',
  base: 'ws',
  subjects: () => compressedSubjects,
  once: toReaders('compressedReaders'),
};
