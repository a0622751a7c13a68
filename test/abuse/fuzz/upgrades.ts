import type { Header } from '../../support/raw/raw-upgrade.js';
import type { Dice } from './dice.js';
import type { Answer, Opening } from './expectations.js';
import { page, type Exchange, type Request } from './requests.js';
import { gatewayTalks, talks, type Talk } from './talks.js';

/** An upgrade request, and what is said once it is through. */
export interface Upgrade extends Exchange {
  /** `undefined` where nothing can be said. */
  readonly talk: Talk | undefined;
}

const silent: Talk = {
  say: () => ({ message: { isBinary: false, payload: Buffer.alloc(0) }, answer: {} }),
};

function handshakeHeaders(dice: Dice, key: string): readonly Header[] {
  const headers: Header[] = [
    ['Upgrade', dice.pick(['websocket', 'WebSocket'])],
    ['Connection', dice.pick(['Upgrade', 'upgrade', 'keep-alive, Upgrade'])],
    ['Sec-WebSocket-Key', key],
    ['Sec-WebSocket-Version', '13'],
  ];
  // Compression is off.
  if (dice.chance(0.1)) headers.push(['Sec-WebSocket-Extensions', 'permessage-deflate']);
  if (dice.chance(0.1)) headers.push(['Cookie', `sid=${dice.token()}`]);
  return headers;
}

function handshake(
  dice: Dice,
  path: string,
  answer: Omit<Answer, 'label' | 'opening'>,
  opening: Omit<Opening, 'key'> = {},
  more: readonly Header[] = [],
): Exchange {
  const key = dice.bytes(16).toString('base64');
  const headers: readonly Header[] = [...handshakeHeaders(dice, key), ...more];
  return {
    request: { method: 'GET', path, headers, version: '1.1', body: '' },
    answer: { ...answer, opening: { key, ...opening } },
  };
}

/** One that comes about. */
export function goodUpgrade(dice: Dice): Upgrade {
  const value = dice.token();
  if (dice.chance(0.2)) {
    return {
      ...handshake(dice, `/gateway/${value}`, { statuses: [101] }),
      talk: gatewayTalks[pickKey(dice, gatewayTalks)],
    };
  }
  const name = pickKey(dice, talks);
  const talk = talks[name]?.(value);
  const prefix = name === 'echo' && dice.chance(0.3) ? '/scoped' : '/ws';
  const path = `${prefix}/${name}/${value}${dice.chance(0.2) ? `?q=${value}` : ''}`;
  if (name !== 'protocols') return { ...handshake(dice, path, { statuses: [101] }), talk };
  const offer: Header = ['Sec-WebSocket-Protocol', 'zero, two, one'];
  return { ...handshake(dice, path, { statuses: [101] }, { protocol: 'two' }, [offer]), talk };
}

/** Well-formed, and refused: with this status, or, where the server is set so, by a close frame. */
const refusals: readonly [Refusal, ...Refusal[]] = [
  { path: '/ws/refused/', status: 403 },
  { path: '/ws/throwing/', status: 500 },
  { path: '/ws/late-throwing/', status: 403 },
  { path: '/ws/never/', status: 408 },
  { path: '/ws/nothing/', status: 404 },
  { path: '/http/value/', status: 404 },
  { path: '/ws/head-throws/', status: 500 },
  { path: '/ws/echo/', status: 403, headers: [['Origin', 'http://evil.example']] },
  { path: '/gateway/', status: 403, headers: [['Origin', 'http://evil.example']] },
];
interface Refusal {
  readonly path: string;
  readonly status: number;
  readonly headers?: readonly Header[];
}

export function refusedUpgrade(dice: Dice): Upgrade {
  if (dice.chance(0.15)) return pouredUpgrade(dice);
  const { path, status, headers } = dice.pick(refusals);
  const isClosed = dice.setup.refusal === 'close';
  const answer = { statuses: [isClosed ? 101 : status] };
  const opening = isClosed ? { refusal: [4_000 + status] } : {};
  const exchange = handshake(dice, `${path}${dice.token()}`, answer, opening, headers);
  return { ...exchange, talk: silent };
}

/** A middleware answers in the place of the route, and would never end: the deadline of handshakes does. */
function pouredUpgrade(dice: Dice): Upgrade {
  const until = dice.pick(['close', 'destroyed', 'request']);
  const path = `/ws/pour/${dice.token()}?until=${until}`;
  return dice.setup.refusal === 'close'
    ? { ...handshake(dice, path, { statuses: [101] }, { refusal: [4_408, 4_200] }), talk: silent }
    : {
        ...handshake(dice, path, { statuses: [200], endless: 'until the server ends it' }),
        talk: undefined,
      };
}

/** Meant as a WebSocket, and not one. */
export function malformedUpgrade(dice: Dice): Upgrade {
  const exchange = handshake(dice, `/ws/echo/${dice.token()}`, { statuses: [400] });
  const { request } = exchange;
  const without = (name: string): readonly Header[] =>
    request.headers.filter(([header]) => header !== name);
  const version: Header = ['Sec-WebSocket-Version', '12'];
  const broken = dice.pick<Partial<Request>>([
    { headers: without('Sec-WebSocket-Key') },
    { headers: [...request.headers, ['Sec-WebSocket-Key', 'AAAAAAAAAAAAAAAAAAAAAA==']] },
    { headers: [...without('Sec-WebSocket-Version'), version] },
    { headers: [...request.headers, ['Host', 'elsewhere']] },
    { headers: [...request.headers, ['Content-Length', '5']], body: 'hello' },
    { headers: [...without('Upgrade'), ['Upgrade', 'websocket, h2c']] },
    { headers: [...request.headers, ['Sec-WebSocket-Protocol', 'a,,b']] },
    { path: request.path.replace('/ws', '//ws') },
    { path: request.path.replace('/ws', '/http/../ws') },
    { path: request.path.replace('echo', '%65cho') },
    { path: `${request.path}#fragment` },
    { version: '1.0' },
    { method: 'POST' },
  ]);
  return {
    request: { ...request, ...broken },
    answer: { statuses: [400, 405, 426] },
    talk: undefined,
  };
}

/** An ordinary request that could be answered over another protocol, too. */
export function strangeUpgrade(dice: Dice, exchange: Exchange): Upgrade {
  const name = dice.pick([
    'h2c',
    'h2c',
    'foo/1',
    'TLS/1.3, HTTP/1.1',
    'websocket2',
    'not-a-websocket',
  ]);
  const headers: readonly Header[] = [
    ['Connection', dice.pick(['Upgrade', 'Upgrade, HTTP2-Settings'])],
    ['Upgrade', name],
    ['HTTP2-Settings', 'AAMAAABkAAQAAP__'],
  ];
  const { request, answer } = exchange;
  return {
    request: { ...request, headers: [...request.headers, ...headers] },
    // What is nearly a WebSocket may be refused; anything else is answered as without the offer.
    answer: name.includes('websocket')
      ? { ...answer, statuses: [...answer.statuses, 400, 405] }
      : answer,
    talk: undefined,
  };
}

export function strangePage(dice: Dice): Upgrade {
  return strangeUpgrade(dice, page(dice));
}

function pickKey(dice: Dice, choices: object): string {
  const [first = '', ...others] = Object.keys(choices);
  return dice.pick([first, ...others]);
}
