import type { StringValue } from 'ms';

/** Milliseconds, or a string such as `'5s'` or `'2m'`, parsed by the package `ms`. */
export type Duration = number | StringValue;
