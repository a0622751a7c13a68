import { randomBytes } from 'node:crypto';

/** Marks a message, or the place before the first one: another history has the same tag only by accident. */
export const newTag = (): string => randomBytes(4).toString('hex');
