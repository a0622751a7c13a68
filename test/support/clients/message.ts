import type { RawData } from 'ws';

export type Message = { isBinary: false; data: string } | { isBinary: true; data: Buffer };

/** What `ws` hands over, in the one form that tests compare. */
export function toMessage(data: RawData, isBinary: boolean): Message {
  const bytes = Array.isArray(data)
    ? Buffer.concat(data)
    : Buffer.isBuffer(data)
      ? data
      : Buffer.from(data);
  return isBinary ? { isBinary, data: bytes } : { isBinary, data: bytes.toString('utf8') };
}

export function asText(message: Message): string {
  if (message.isBinary) throw new Error(`waited for text, instead: ${describeMessage(message)}`);
  return message.data;
}

export function asBytes(message: Message): Buffer {
  if (!message.isBinary) throw new Error(`waited for bytes, instead: ${describeMessage(message)}`);
  return message.data;
}

export function asJson(message: Message): unknown {
  const text = asText(message);
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch (error) {
    throw new Error(`waited for JSON, instead: ${quote(text)}`, { cause: error });
  }
}

export function describeMessage(message: Message): string {
  return message.isBinary ? `${message.data.length} bytes` : quote(message.data);
}

export function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
