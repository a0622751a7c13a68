import type { AsyncApiChannel, AsyncApiDocument } from 'nestjs-revali-ws-asyncapi';

/** What would run as markup, as an attribute, and as an address. */
export const EVIL = `<img src=x onerror="hurt=1">"'><script>hurt=1</script><svg onload=hurt=1>javascript:hurt=1`;

/** A document that says it wherever it says anything. */
export function hostile(document: AsyncApiDocument): AsyncApiDocument {
  const [channel] = Object.values(document.channels);
  if (!channel) throw new Error('There is no channel.');
  const evil: AsyncApiChannel = {
    ...channel,
    address: `/echo/{p}/${EVIL.replaceAll(/[{}]/g, '')}`,
    title: EVIL,
    summary: EVIL,
    description: EVIL,
    tags: [{ name: EVIL }],
    parameters: { p: { description: EVIL, enum: [EVIL], default: EVIL } },
    bindings: {
      ws: {
        method: 'GET',
        bindingVersion: '0.1.0',
        query: { properties: { [EVIL]: { description: EVIL, example: EVIL } } },
      },
    },
    'x-revali': {
      mode: EVIL,
      protocols: [EVIL],
      closes: { 4000: EVIL },
      format: EVIL,
      rooms: [{ kind: EVIL }],
    },
  };
  const payload = {
    title: EVIL,
    description: EVIL,
    type: 'object',
    properties: { [EVIL]: { type: 'string', description: EVIL, pattern: '(', default: EVIL } },
  };
  const message = { name: EVIL, summary: EVIL, description: EVIL, contentType: EVIL, payload };
  const messages = document.components.messages ?? {};
  return {
    ...document,
    info: { title: EVIL, version: EVIL, description: EVIL },
    servers: { [EVIL]: { host: 'javascript:hurt=1', protocol: 'ws', pathname: EVIL } },
    channels: Object.fromEntries(Object.keys(document.channels).map((id) => [id, evil])),
    components: {
      ...document.components,
      messages: Object.fromEntries(Object.keys(messages).map((key) => [key, message])),
    },
  };
}

/** A document of 200 routes. */
export function large(document: AsyncApiDocument): AsyncApiDocument {
  const [channel] = Object.values(document.channels);
  if (!channel) throw new Error('There is no channel.');
  const channels = Array.from({ length: 200 }, (_, at): [string, AsyncApiChannel] => [
    `Some${at % 20}Controller_method${at}`,
    { ...channel, address: `/some/${at % 20}/{id}/method/${at}`, tags: undefined },
  ]);
  return { ...document, channels: Object.fromEntries(channels) };
}
