import type { MessageFormat } from 'nestjs-revali-ws';
import type { JsonSchema } from '../schema/json.schema.js';

export const JSON_TYPE = 'application/json';
const TEXT = 'text/plain';
const BYTES = 'application/octet-stream';

/** The media type of a message, and the schema to use if the message has none. */
export interface Content {
  readonly contentType: string;
  readonly payload: JsonSchema;
}

/** Chooses by the route's format, or by the message itself if the format leaves it open. */
export function contentOf(format: MessageFormat, payload: JsonSchema): Content {
  if (typeof format === 'object') return { contentType: ofCodec(format.contentType), payload };
  switch (format) {
    case 'json':
      return { contentType: JSON_TYPE, payload };
    case 'text':
      return { contentType: TEXT, payload: orElse(payload, { type: 'string' }) };
    case 'binary':
      return {
        contentType: BYTES,
        payload: orElse(payload, { type: 'string', format: 'binary' }),
      };
    case 'raw':
      return isBytes(payload)
        ? { contentType: BYTES, payload }
        : { contentType: TEXT, payload: orElse(payload, { type: 'string' }) };
    case 'auto':
      return {
        contentType: isBytes(payload) ? BYTES : isText(payload) ? TEXT : JSON_TYPE,
        payload,
      };
  }
}

const isBytes = ({ type, format }: JsonSchema): boolean => type === 'string' && format === 'binary';

function isText({ type, enum: values, const: value }: JsonSchema): boolean {
  if (type !== undefined) return type === 'string';
  if (Array.isArray(values)) return values.every((each) => typeof each === 'string');
  return typeof value === 'string';
}

function orElse(schema: JsonSchema, known: JsonSchema): JsonSchema {
  return Object.keys(schema).length === 0 ? known : schema;
}

/** A codec may have any value in a property of this name. */
function ofCodec(contentType: unknown): string {
  return typeof contentType === 'string' && contentType !== '' ? contentType : BYTES;
}
