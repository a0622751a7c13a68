import { encodeClose, encodeFrame, Opcode, type FrameToSend } from '../../support/raw/raw-frame.js';
import { chop } from '../../support/raw/frames.js';
import type { Dice } from './dice.js';
import type { ExpectedClose, Message } from './expectations.js';
import { MAX_PAYLOAD } from './limits.js';
import { itemOf as pageItem, page } from './requests.js';
import type { Item } from './sequence.js';
import type { Talk } from './talks.js';

const itemOf = (label: string, frame: FrameToSend, more: Partial<Item> = {}): Item => ({
  label,
  bytes: encodeFrame(frame),
  ...more,
});

/** Its answer is due once its last frame has come. */
function messageItems(dice: Dice, { say }: Talk): Item[] {
  const { message, answer } = say(dice);
  const frames = framesOf(dice, message);
  const label = `${message.isBinary ? 'binary' : 'text'} of ${message.payload.length} bytes`;
  const items = frames.flatMap((frame, index) => {
    const isLast = index === frames.length - 1;
    const part = frames.length > 1 ? `, part ${index + 1} of ${frames.length}` : '';
    const one = itemOf(`${label}${part}`, frame, isLast ? { frames: answer } : {});
    return isLast || dice.chance(0.7) ? [one] : [one, controlItem(dice)];
  });
  return items;
}

function framesOf(dice: Dice, { isBinary, payload }: Message): FrameToSend[] {
  const opcode = isBinary ? Opcode.binary : Opcode.text;
  const parts =
    dice.chance(0.25) && payload.length > 0
      ? chop(payload, 1 + dice.below(payload.length)).slice(0, 200)
      : [payload];
  const all = Buffer.concat(parts).length === payload.length ? parts : [payload];
  return all.map((part, index) => ({
    opcode: index === 0 ? opcode : Opcode.continuation,
    fin: index === all.length - 1,
    payload: part,
  }));
}

function controlItem(dice: Dice): Item {
  const payload = Buffer.from(dice.chance(0.2) ? '' : dice.token().padEnd(dice.below(126), '.'));
  return dice.chance(0.6)
    ? itemOf('ping', { opcode: Opcode.ping, payload }, { frames: { pongs: [payload] } })
    : itemOf('pong', { opcode: Opcode.pong, payload });
}

type Fault = readonly [name: string, codes: readonly number[], ...frames: FrameToSend[]];

const text = (payload: string | Buffer): FrameToSend => ({ opcode: Opcode.text, payload });

/** Each breaks the protocol in one way. */
const faults: readonly [Fault, ...Fault[]] = [
  ['a frame without a mask', [1002], { ...text('bare'), masked: false }],
  ['a compressed frame', [1002], { ...text('rsv1'), rsv: 4 }],
  ['a reserved bit', [1002], { ...text('rsv2'), rsv: 2 }],
  ['a reserved opcode', [1002], { opcode: 3, payload: 'three' }],
  ['a reserved control opcode', [1002], { opcode: 0xb, payload: 'eleven' }],
  ['a continuation of nothing', [1002], { opcode: Opcode.continuation, payload: 'lost' }],
  ['a ping in fragments', [1002], { opcode: Opcode.ping, fin: false }],
  ['a long ping', [1002], { opcode: Opcode.ping, payload: 'p'.repeat(126) }],
  ['a message within another', [1002], { ...text('begun'), fin: false }, text('other')],
  ['a text that is not UTF-8', [1007], text(Buffer.from([0xc3, 0x28]))],
  ['a message that is too large', [1009], text('x'.repeat(MAX_PAYLOAD + 1))],
  ['a length beyond all numbers', [1009], { ...text(''), lengthOverride: 2n ** 63n }],
  ['a close frame with half a code', [1002], { opcode: Opcode.close, payload: 'x' }],
  ['a close frame with 1005', [1002], { opcode: Opcode.close, payload: encodeClose(1005) }],
  ['a close frame with 5000', [1002], { opcode: Opcode.close, payload: encodeClose(5000) }],
  [
    'a reason that is not UTF-8',
    [1007],
    {
      opcode: Opcode.close,
      payload: Buffer.concat([encodeClose(1000), Buffer.from([0xff])]),
    },
  ],
];

/** Noise for whoever speaks frames. */
function requestItem(dice: Dice): Item {
  const { label, bytes } = pageItem(page(dice));
  return { label, bytes, frames: { close: { codes: [1002], isLossy: true } } };
}

function faultItem(dice: Dice): Item {
  if (dice.chance(0.15)) return requestItem(dice);
  const [label, codes, ...frames] = dice.pick(faults);
  return {
    label,
    bytes: Buffer.concat(frames.map(encodeFrame)),
    frames: { close: { codes, isLossy: true } },
  };
}

function closeItem(dice: Dice, isLossy: boolean): Item {
  const code = dice.pick([1000, 1000, 1001, 3000, 4999, undefined]);
  const reason = dice.chance(0.3) ? dice.token() : '';
  const close: ExpectedClose = { codes: [code ?? 1005], isLossy };
  const payload = code === undefined ? '' : encodeClose(code, reason);
  return itemOf(`close ${code ?? ''}`, { opcode: Opcode.close, payload }, { frames: { close } });
}

/** Half a frame, whose rest never comes. */
function halfItem(dice: Dice): Item {
  const whole = encodeFrame(text('x'.repeat(100)));
  return { label: 'half a frame', bytes: whole.subarray(0, 1 + dice.below(whole.length - 1)) };
}

/**
 * What a client says on an open WebSocket. Only the last items may break the protocol.
 *
 * @param isLossy Whether what was said before a close frame may stay without an answer.
 */
export function conversationItems(dice: Dice, talk: Talk, isLossy: boolean): Item[] {
  const items: Item[] = [];
  for (let left = dice.below(6); left > 0; left -= 1)
    items.push(...(dice.chance(0.2) ? [controlItem(dice)] : messageItems(dice, talk)));
  const kind = dice.next();
  if (kind < 0.05) return [...items, halfItem(dice)];
  if (kind < 0.25) items.push(faultItem(dice));
  return kind < 0.15 || kind > 0.45 ? [...items, closeItem(dice, isLossy)] : items;
}
