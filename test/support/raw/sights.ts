import { createHash } from 'node:crypto';
import { constants, inflateRawSync } from 'node:zlib';

import type { RawClient } from './raw-client.js';
import { decodeClose, Opcode, type RawFrame } from './raw-frame.js';

/**
 * What a client saw, in words that a table can hold: the status of an HTTP answer as a number; a frame as
 * `text "hi"`, `binary 00ff`, `pong "x"`, `close 1002` or `close 1000 "bye"`, a compressed one with that word before
 * it; `gone` for the end of the TCP connection; `nothing` for a while without a byte.
 */
export type Sight = string | number;

/** Deadline of one sight: machines that run tests are busy. */
export const PATIENCE_MS = 10_000;
const MAX_QUOTED = 100;
/** RSV1, as permessage-deflate uses it (RFC 7692, section 6). */
const COMPRESSED = 4;

/** The sight of a frame, as long as it may be. */
export function sightOf(name: keyof typeof Opcode, content: string | Uint8Array): Sight {
  return frameSight(name, Buffer.from(content));
}

/** Reads on until everything that is expected was seen, or something else came. */
export async function watch(client: RawClient, expected: readonly Sight[]): Promise<Sight[]> {
  const seen: Sight[] = [];
  for (const sight of expected) {
    seen.push(await nextSight(client, sight));
    if (seen.at(-1) !== sight) break;
  }
  return seen;
}

async function nextSight(client: RawClient, expected: Sight): Promise<Sight> {
  try {
    if (typeof expected === 'number') return (await client.response(PATIENCE_MS)).status;
    if (expected === 'nothing') return await nothing(client);
    if (expected === 'gone') return await gone(client);
    return describe(await client.nextFrame(PATIENCE_MS));
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function nothing(client: RawClient): Promise<Sight> {
  await client.expectNothing();
  return 'nothing';
}

async function gone(client: RawClient): Promise<Sight> {
  await client.untilEnded(PATIENCE_MS);
  return client.unread.length === 0 ? 'gone' : describe(await client.nextFrame());
}

function describe({ fin, rsv, opcode, masked, payload }: RawFrame): Sight {
  const isCompressed = rsv === COMPRESSED;
  const oddities = [
    ...(fin ? [] : ['fragment']),
    ...(isCompressed ? ['compressed'] : []),
    ...(rsv === 0 || isCompressed ? [] : [`rsv ${rsv}`]),
    ...(masked ? ['masked'] : []),
  ];
  const [name = `opcode ${opcode}`] =
    Object.entries(Opcode).find(([, value]) => value === opcode) ?? [];
  return [...oddities, frameSight(name, isCompressed ? inflate(payload) : payload)].join(' ');
}

/** A message of its own: the server has been asked not to take over the context of the one before. */
function inflate(payload: Buffer): Buffer {
  const tail = Buffer.of(0, 0, 0xff, 0xff);
  return inflateRawSync(Buffer.concat([payload, tail]), { finishFlush: constants.Z_SYNC_FLUSH });
}

function frameSight(name: string, payload: Buffer): string {
  if (name === 'close') {
    const { code, reason } = decodeClose(payload);
    return reason === '' ? `close ${code}` : `close ${code} ${JSON.stringify(reason)}`;
  }
  if (payload.length > MAX_QUOTED) {
    const digest = createHash('sha256').update(payload).digest('hex').slice(0, 16);
    return `${name} of ${payload.length} bytes ${digest}`;
  }
  if (name !== 'binary') return `${name} ${JSON.stringify(payload.toString('utf8'))}`;
  return payload.length === 0 ? name : `${name} ${payload.toString('hex')}`;
}
