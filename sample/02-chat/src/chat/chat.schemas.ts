// What a client receives, for the AsyncAPI document: interfaces do not exist at run time.

const MEMBER = {
  type: 'object',
  required: ['key', 'name'],
  properties: { key: { type: 'string' }, name: { type: 'string' } },
};

export const WELCOME = {
  title: 'Welcome',
  type: 'object',
  required: ['type', 'you'],
  properties: { type: { const: 'welcome' }, you: MEMBER },
};

export const SAID = {
  title: 'Said',
  type: 'object',
  required: ['type', 'from', 'text', 'at'],
  properties: {
    type: { const: 'said' },
    from: MEMBER,
    text: { type: 'string', minLength: 1, maxLength: 500 },
    at: { type: 'string', format: 'date-time' },
  },
};

export const IS_TYPING = {
  title: 'IsTyping',
  type: 'object',
  required: ['type', 'name'],
  properties: { type: { const: 'typing' }, name: { type: 'string' } },
};
