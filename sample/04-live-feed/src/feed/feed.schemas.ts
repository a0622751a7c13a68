// What a client receives, for the AsyncAPI document: interfaces do not exist at run time.

const COUNT = { type: 'integer', minimum: 0 };
const SAMPLES = { type: 'array', items: { type: 'integer' } };

export const FEED_MESSAGE = {
  title: 'FeedMessage',
  type: 'object',
  required: ['reader', 'number', 'samples'],
  properties: { reader: { type: 'string' }, number: COUNT, samples: SAMPLES },
};

export const METERS_MESSAGE = {
  title: 'MetersMessage',
  type: 'object',
  required: ['mark', 'number', 'blockMs', 'memory', 'readers'],
  properties: {
    mark: COUNT,
    number: COUNT,
    blockMs: COUNT,
    memory: COUNT,
    readers: {
      type: 'object',
      additionalProperties: {
        type: 'object',
        required: ['produced', 'isWaiting', 'buffered'],
        properties: { produced: COUNT, isWaiting: { type: 'boolean' }, buffered: COUNT },
      },
    },
  },
};

export const SLOW_READING = {
  title: 'SlowReading',
  type: 'object',
  required: ['reader', 'read', 'number', 'samples'],
  properties: { reader: { type: 'string' }, read: COUNT, number: COUNT, samples: SAMPLES },
};
