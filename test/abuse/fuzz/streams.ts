import { once } from 'node:events';
import { connect, constants, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';

import { sleep, within } from '../../support/deadline.js';
import type { Outcome } from './client.js';
import { Dice } from './dice.js';
import { ANSWER_MS, FREE_MS } from './limits.js';
import { endlessPage, page, type Exchange } from './requests.js';
import type { Setup, Target } from './setups.js';
import { Tokens } from './tokens.js';
import { goodUpgrade } from './upgrades.js';

/** One request on a connection of HTTP/2. */
interface StreamPlan {
  readonly exchange: Exchange;
  readonly isEndless: boolean;
  /** A reset instead of waiting, after so many ms. */
  readonly reset: number | undefined;
}

/** What one client does on one connection of HTTP/2. */
export interface StreamSequence {
  readonly index: number;
  readonly streams: readonly StreamPlan[];
  readonly isOneByOne: boolean;
  readonly end: 'close' | 'destroy' | 'GOAWAY';
}

/** The sequence that a seed and an index stand for. */
export function makeStreams(seed: number, index: number, setup: Setup): StreamSequence {
  const dice = new Dice(seed, index, setup);
  const streams = Array.from({ length: 1 + dice.below(6) }, () => planStream(dice));
  return {
    index,
    streams,
    isOneByOne: dice.chance(0.3),
    end: dice.pick(['close', 'destroy', 'GOAWAY']),
  };
}

function planStream(dice: Dice): StreamPlan {
  const isEndless = dice.chance(0.15);
  const exchange = isEndless ? endlessPage(dice) : dice.chance(0.7) ? page(dice) : socketPage(dice);
  const mayReset = isEndless || dice.chance(0.2);
  return { exchange, isEndless, reset: mayReset ? dice.pick([0, 5, 60]) : undefined };
}

/** A plain request for a WebSocket. */
function socketPage(dice: Dice): Exchange {
  const { request } = goodUpgrade(dice);
  const method = dice.pick(['GET', 'GET', 'HEAD', 'POST', 'OPTIONS']);
  return { request: { ...request, method, headers: [] }, answer: { statuses: [426, 404] } };
}

export function describeStreams({ index, streams, isOneByOne, end }: StreamSequence): string {
  const lines = streams.map(({ exchange: { request }, reset }) => {
    const action = reset === undefined ? '' : `, reset after ${reset} ms`;
    return `  ${request.method} ${request.path}${action}`;
  });
  const how = isOneByOne ? 'one after another' : 'all at once';
  return [`sequence ${index} over HTTP/2, ${how}:`, ...lines, `  end by ${end}`].join('\n');
}

/** Runs one sequence against a server. */
export async function runStreams(sequence: StreamSequence, target: Target): Promise<Outcome> {
  const faults: string[] = [];
  const scheme = target.isSecure ? 'https' : 'http';
  const session = connect(`${scheme}://127.0.0.1:${target.port}`, { rejectUnauthorized: false });
  session.on('error', () => undefined);
  let port: number | undefined;
  try {
    await within(once(session, 'connect'), 'an HTTP/2 connection', ANSWER_MS);
    port = session.socket.localPort;
    const client = new StreamClient(session, sequence.index, faults);
    const running: Promise<void>[] = [];
    for (const stream of sequence.streams) {
      running.push(client.run(stream));
      if (sequence.isOneByOne) await running.at(-1);
    }
    await Promise.all(running);
    if (session.destroyed) faults.push('the server ended the connection');
    await endSession(session, sequence.end);
  } catch (error) {
    faults.push(String(error));
  } finally {
    session.destroy();
  }
  return { faults, port };
}

async function endSession(session: ClientHttp2Session, how: StreamSequence['end']): Promise<void> {
  if (session.destroyed) return;
  const closed = once(session, 'close');
  if (how === 'destroy') session.destroy();
  else if (how === 'GOAWAY') session.goaway(constants.NGHTTP2_NO_ERROR);
  if (how !== 'destroy') session.close();
  await within(closed, 'the end of the HTTP/2 connection', FREE_MS);
}

class StreamClient {
  private readonly tokens: Tokens;

  constructor(
    private readonly session: ClientHttp2Session,
    index: number,
    private readonly faults: string[],
  ) {
    this.tokens = new Tokens(index);
  }

  async run({ exchange, isEndless, reset }: StreamPlan): Promise<void> {
    const stream = this.request(exchange);
    const label = `${exchange.request.method} ${exchange.request.path}`;
    const chunks: Buffer[] = [];
    let status: number | undefined;
    stream.on('error', () => undefined);
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('response', (headers) => (status = headers[':status']));
    const closed = once(stream, 'close');
    if (reset !== undefined) {
      await sleep(reset);
      stream.close(constants.NGHTTP2_CANCEL);
    }
    try {
      await within(closed, label, ANSWER_MS);
    } catch (error) {
      this.faults.push(String(error));
    }
    const body = Buffer.concat(chunks);
    const foreign = this.tokens.foreignIn(body);
    if (foreign) this.faults.push(`bytes of another client: ${foreign}`);
    if (reset === undefined && !isEndless) this.judge(label, exchange, status, body.toString());
  }

  private request({ request, answer }: Exchange): ClientHttp2Stream {
    const { method, path } = request;
    const isPost = method === 'POST' && answer.body !== undefined;
    const stream = this.session.request({
      ':method': method,
      ':path': path,
      ...(isPost ? { 'content-type': 'application/json' } : {}),
    });
    stream.end(isPost ? answer.body : undefined);
    return stream;
  }

  private judge(label: string, { answer }: Exchange, status = 0, body = ''): void {
    const statuses = answer.statuses.includes(426) ? [426, 404] : answer.statuses;
    if (!statuses.includes(status)) this.faults.push(`${label} is answered with ${status}`);
    else if (status === statuses[0] && answer.body !== undefined && body !== answer.body)
      this.faults.push(`${label} has the body ${JSON.stringify(body.slice(0, 60))}`);
  }
}
