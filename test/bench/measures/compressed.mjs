import { compressedEchoSubjects, compressedSubjects } from '../subjects.mjs';
import { echoOf } from './echo.mjs';
import { fanOut, toReaders } from './fan-out.mjs';

export const compressed = {
  ...fanOut,
  name: 'compressed',
  title: '2 KB to 200 clients that compress, without context takeover',
  base: 'ws',
  subjects: () => compressedSubjects,
  once: toReaders('compressedReaders'),
};

export const compressedEcho = {
  ...echoOf([16]),
  name: 'compressed-echo',
  title: 'Echo of 1 KB of JSON, compressed in both directions, without context takeover',
  subjects: () => compressedEchoSubjects,
};
