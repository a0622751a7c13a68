import type { Dice } from './dice.js';
import {
  binaryMessage,
  textMessage,
  type ExpectedClose,
  type FrameExpectation,
  type Message,
} from './expectations.js';
import { brokenCodecKinds, codecKinds, codecText, item, ITEMS } from './known.js';

/** What is said on a WebSocket that is open, and what is answered. */
export interface Talk {
  /** Comes without being asked for. */
  readonly greeting?: FrameExpectation;
  /** A message that its handler understands, and the answer. */
  readonly say: (dice: Dice) => Turn;
}

export interface Turn {
  readonly message: Message;
  readonly answer: FrameExpectation;
}

const INTERNAL = 'Internal server error';
const closed = (code: number): { close: ExpectedClose } => ({
  close: { codes: [code], isLossy: false },
});

/** Text or bytes, empty ones and long ones too. */
function anything(dice: Dice): Message {
  if (dice.chance(0.05)) return dice.chance(0.5) ? textMessage('') : binaryMessage('');
  const filler = dice.chance(0.2) ? '\u00e9\u20ac\u{1f600}' : 'abc';
  const text = `${dice.token()} ${filler.repeat(dice.size(1_500))}`;
  if (dice.chance(0.6)) return textMessage(text);
  return binaryMessage(Buffer.concat([Buffer.from(text), dice.bytes(dice.below(20))]));
}

function words(dice: Dice): string {
  return `${dice.token()} ${'w'.repeat(dice.size(600))}`;
}

/** Each message comes back as it is. */
export const echo: Talk = {
  say: (dice) => {
    const message = anything(dice);
    return { message, answer: { messages: [message] } };
  },
};

function items(text: string, make: (text: string) => Message): FrameExpectation {
  return { messages: Array.from({ length: ITEMS }, (_, index) => make(item(text, index))) };
}

/** Each message is answered by several, from a buffer that is used again. */
const refilled =
  (make: (text: string) => Message): Talk['say'] =>
  (dice) => {
    const text = words(dice);
    return { message: make(text), answer: items(text, make) };
  };

function encoded(dice: Dice): Turn {
  const text = words(dice);
  if (dice.chance(0.05))
    return {
      message: textMessage(`${dice.pick(brokenCodecKinds)} ${text}`),
      answer: closed(1011),
    };
  const kind = dice.pick(codecKinds);
  const make = kind === 'string' ? textMessage : binaryMessage;
  return {
    message: textMessage(`${kind} ${text}`),
    answer: { messages: [make(codecText(text))] },
  };
}

const answered =
  (answer: (message: Message) => FrameExpectation): Talk['say'] =>
  (dice) => {
    const message = anything(dice);
    return { message, answer: answer(message) };
  };

/** Of routes, by the name in their path; `value` is that of the path. */
export const talks: Readonly<Record<string, (value: string) => Talk>> = {
  echo: () => echo,
  later: () => echo,
  checked: () => echo,
  'slow-guard': () => echo,
  'slow-middleware': () => echo,
  protocols: () => echo,
  refill: () => ({ say: refilled(textMessage) }),
  'sync-refill': () => ({ say: refilled(binaryMessage) }),
  sender: () => ({ say: refilled(binaryMessage) }),
  codec: () => ({ say: encoded }),
  receive: () => ({ say: answered(() => ({})) }),
  feed: (value) => ({
    greeting: { ...items(value, textMessage), ...closed(1000) },
    say: answered(() => ({})),
  }),
  endless: (value) => ({
    greeting: { endless: (index) => textMessage(item(value, index)) },
    say: answered(() => ({})),
  }),
  greeting: (value) => ({ ...echo, greeting: { messages: [textMessage(`hello ${value}`)] } }),
  failing: () => ({ say: answered(() => closed(1011)) }),
  replying: () => ({
    say: answered(() => ({
      messages: [textMessage(JSON.stringify({ error: { statusCode: 500, message: INTERNAL } }))],
    })),
  }),
  closing: () => ({ say: answered((message) => ({ messages: [message], ...closed(4_001) })) }),
};

const event = (name: string, data: unknown): Message =>
  textMessage(JSON.stringify({ event: name, data }));

/** Of gateways; calls run side by side, so that a client says one kind of thing only. */
export const gatewayTalks: Readonly<Record<string, Talk>> = {
  echo: { say: (dice) => gatewayEcho('echo', dice) },
  later: { say: (dice) => gatewayEcho('later', dice) },
  reuse: {
    say: (dice) => {
      const text = words(dice);
      return { message: event('reuse', text), answer: { messages: [binaryMessage(text)] } };
    },
  },
  fail: {
    say: (dice) => {
      const data = words(dice);
      const failure = { status: 'error', message: INTERNAL, cause: { pattern: 'fail', data } };
      return { message: event('fail', data), answer: { messages: [event('exception', failure)] } };
    },
  },
  nonsense: { say: (dice) => ({ message: anything(dice), answer: {} }) },
};

function gatewayEcho(name: string, dice: Dice): Turn {
  const message = event(name, words(dice));
  return { message, answer: { messages: [message] } };
}
