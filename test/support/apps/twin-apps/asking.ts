import { RefusedError } from '../../clients/refused-error.js';
import type { RunningApp } from '../running-app.js';
import type { Probe } from './probe.js';
import type { Question } from './questions.js';

/** On the error page of Express, which differs by what has called what. */
const STACK = /<br>.*(?=<\/pre>)/s;

/** What one application answers, and what the request and its first message have met. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly trace: readonly string[];
  /** Whether it was refused before a WebSocket opened. */
  readonly isRefused: boolean;
}

/** Over HTTP. */
export async function get(
  app: RunningApp,
  { path, headers, failure }: Question,
  probe: Probe,
): Promise<Answer> {
  probe.start(failure);
  const { status, body } = await app.get(path, { headers });
  if (failure) await settled();
  return { status, body: parse(body), trace: probe.seen, isRefused: status >= 400 };
}

/** As an upgrade, and with a message where it comes about. */
export async function upgrade(
  app: RunningApp,
  { path, headers, failure }: Question,
  probe: Probe,
): Promise<Answer> {
  probe.start(failure);
  try {
    const client = await app.connect(path, { headers });
    client.send('a message');
    const body: unknown = await client.json();
    client.terminate();
    if (failure) await settled();
    return { ...resultOf(body), trace: probe.seen, isRefused: false };
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    return { status: error.status, body: parse(error.body), trace: probe.seen, isRefused: true };
  }
}

/** Errors of the message phase have the form `{ error }`, and no status but that of their body. */
function resultOf(body: unknown): Pick<Answer, 'status' | 'body'> {
  const error: unknown = Reflect.get(Object(body), 'error');
  if (error === undefined) return { status: isFiltered(body) ? 418 : 200, body };
  return { status: Number(Reflect.get(Object(error), 'statusCode')), body: error };
}

function isFiltered(body: unknown): boolean {
  return Reflect.get(Object(body), 'filtered') !== undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text.replace(STACK, '');
  }
}

/** Asynchronous pipes beside one that failed still come to their end. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1)
    // oxlint-disable-next-line no-await-in-loop -- one turn after another
    await new Promise((resolve) => setImmediate(resolve));
}
