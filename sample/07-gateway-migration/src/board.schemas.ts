import { LONGEST_NOTICE } from './board.service.js';

// What a client receives, as the AsyncAPI document has it: interfaces are gone at run time.

export const NOTICE = {
  title: 'Notice',
  type: 'object',
  required: ['author', 'text'],
  properties: {
    author: { type: 'string' },
    text: { type: 'string', minLength: 1, maxLength: LONGEST_NOTICE },
  },
};

export const PEOPLE = {
  title: 'People',
  type: 'object',
  required: ['people'],
  properties: { people: { type: 'integer', minimum: 1 } },
};

/** To clients that were made for the gateway. */
export const EVENT = {
  title: 'Event',
  type: 'object',
  required: ['event', 'data'],
  properties: { event: { enum: ['notice', 'people', 'exception'] }, data: {} },
};
