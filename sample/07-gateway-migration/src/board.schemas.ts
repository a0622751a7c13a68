import { LONGEST_NOTICE } from './board.service.js';

// What a client receives, for the AsyncAPI document: interfaces do not exist at run time.

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

/** For clients that were made for the gateway. */
export const EVENT = {
  title: 'Event',
  type: 'object',
  required: ['event', 'data'],
  properties: { event: { enum: ['notice', 'people', 'exception'] }, data: {} },
};
