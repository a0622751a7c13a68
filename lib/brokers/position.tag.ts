import { randomBytes } from 'node:crypto';

/** Marks a message, or the place in front of the first one: another history has it by accident alone. */
export const newTag = (): string => randomBytes(4).toString('hex');
