import type { StringValue } from 'ms';

/** Milliseconds, or a text such as `'5s'`, `'2m'` (as the package `ms` reads it). */
export type Duration = number | StringValue;
