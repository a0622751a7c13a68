import type { Header } from '../../support/raw/raw-upgrade.js';
import type { Dice } from './dice.js';
import type { Answer } from './expectations.js';
import { STATIC_TEXT } from './known.js';
import type { Item } from './sequence.js';

/** A request as it goes out. */
export interface Request {
  readonly method: string;
  readonly path: string;
  readonly headers: readonly Header[];
  readonly version: '1.0' | '1.1';
  readonly body: string;
}

/** A request, and how it is answered. */
export interface Exchange {
  readonly request: Request;
  readonly answer: Omit<Answer, 'label'>;
}

export function composeRequest({ method, path, version, headers, body }: Request): Buffer {
  const lines = [
    `${method} ${path} HTTP/${version}`,
    'Host: localhost',
    ...headers.map(([name, value]) => `${name}: ${value}`),
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`);
}

export function itemOf({ request, answer }: Exchange): Item {
  const names = request.headers.map(([name, value]) => `${name}: ${value}`).join(', ');
  const label = `${request.method} ${request.path}${names ? ` (${names})` : ''}`;
  return { label, bytes: composeRequest(request), answer: { ...answer, label } };
}

const get = (path: string, answer: Omit<Answer, 'label'>, method = 'GET'): Exchange => ({
  request: { method, path, headers: [], version: '1.1', body: '' },
  answer: { ...answer, isHead: method === 'HEAD' },
});

const json = (value: object): string => JSON.stringify(value);

function paddedValue(dice: Dice, method: 'GET' | 'HEAD'): Exchange {
  const value = dice.token();
  const pad = dice.size(4_000);
  const body = json({ value, pad: 'p'.repeat(pad) });
  const isHead = method === 'HEAD';
  return get(
    `/http/value/${value}?pad=${pad}`,
    { statuses: [200], ...(isHead ? {} : { body }) },
    method,
  );
}

function post(dice: Dice): Exchange {
  const body = json({ value: dice.token(), pad: 'p'.repeat(dice.size(4_000)) });
  const isChunked = dice.chance(0.5);
  const headers: Header[] = [
    ['Content-Type', 'application/json'],
    isChunked ? ['Transfer-Encoding', 'chunked'] : ['Content-Length', String(body.length)],
  ];
  const half = dice.below(body.length - 2) + 1;
  const parts = [body.slice(0, half), body.slice(half), ''];
  const chunks = parts.map((part) => `${part.length.toString(16)}\r\n${part}\r\n`).join('');
  return {
    request: {
      method: 'POST',
      path: `/http/value?of=${dice.token()}`,
      headers,
      version: '1.1',
      body: isChunked ? chunks : body,
    },
    answer: { statuses: [201], body },
  };
}

/** Requests that any server answers, each with a value of its own. */
const pages: readonly [Page, ...Page[]] = [
  (dice) => paddedValue(dice, 'GET'),
  (dice) => paddedValue(dice, 'GET'),
  (dice) => paddedValue(dice, 'HEAD'),
  post,
  (dice) => valueAt(dice, 'slow'),
  (dice) => valueAt(dice, 'poll'),
  late,
  late,
  (dice) => {
    const value = dice.token();
    return get(`/http/chunks/${value}`, { statuses: [200], body: value.repeat(3) });
  },
  (dice) => get(`/http/throwing/${dice.token()}`, { statuses: [500] }),
  (dice) => get(`/missing/${dice.token()}`, { statuses: [404] }),
  (dice) => get(`/static/known.txt?${dice.token()}`, { statuses: [200], body: STATIC_TEXT }),
  (dice) => get(`/static/missing.txt?${dice.token()}`, { statuses: [404] }),
  // Plain requests for what are WebSockets.
  (dice) => get(`/ws/echo/${dice.token()}`, { statuses: [426], closes: true }),
  (dice) => get(`/ws/feed/${dice.token()}`, { statuses: [426], closes: true }, 'HEAD'),
  (dice) => get(`/gateway/${dice.token()}`, { statuses: [404] }),
];
type Page = (dice: Dice) => Exchange;

function valueAt(dice: Dice, name: string): Exchange {
  const value = dice.token();
  return get(`/http/${name}/${value}`, { statuses: [200], body: json({ value }) });
}

function late(dice: Dice): Exchange {
  const value = dice.token();
  const path = `/http/late/${value}?ms=${dice.pick([0, 1, 5, 30])}`;
  return get(path, { statuses: [200], body: value });
}

export function page(dice: Dice): Exchange {
  return dice.pick(pages)(dice);
}

/** Responses that end with their client alone. */
export function endlessPage(dice: Dice): Exchange {
  const value = dice.token();
  const path = dice.pick([
    `/http/events/${value}`,
    `/http/own-events/${value}`,
    `/ws/pour/${value}?until=either`,
  ]);
  return get(path, { statuses: [200], endless: 'until the client leaves' });
}

/** The last request: the client asks that the connection be closed, or speaks HTTP/1.0, which is the same. */
export function lastPage(dice: Dice): Exchange {
  const { request, answer } = page(dice);
  const isOld = request.body === '' && dice.chance(0.3);
  const headers: Header[] = isOld ? [] : [['Connection', 'close']];
  return {
    request: {
      ...request,
      version: isOld ? '1.0' : '1.1',
      headers: [...request.headers, ...headers],
    },
    answer,
  };
}
