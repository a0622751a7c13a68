import { connect } from 'node:net';

import { eventually } from '../../support/deadline.js';
import type { RawClient } from '../../support/raw/raw-client.js';
import { composeUpgrade } from '../../support/raw/raw-upgrade.js';
import type { RunningApp } from '../../support/apps/running-app.js';
import { PATIENCE_MS, type Sight } from '../../support/raw/sights.js';
import { waiting } from '../abuse-app.js';
import type { AbuseTheme } from '../abuse-case.js';

const HANDSHAKES = 10_000;
const MAX_PENDING = 500;
/** Each takes two file descriptors of the process. */
const AT_ONCE = 250;
const HALF_HEADS = 200;

/** No more than a socket, since there are thousands. */
function statusOf({ port }: RunningApp, request: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('no answer')));
    socket.on('data', (answer) => {
      resolve(Number(answer.toString('latin1').slice('HTTP/1.1 '.length).slice(0, 3)));
      socket.destroy();
    });
    socket.write(request);
  });
}

/** How often the server gave each answer. */
async function answersOf(
  app: RunningApp,
  count: number,
  request: Buffer,
): Promise<Map<Sight, number>> {
  const answers = new Map<Sight, number>();
  for (let opened = 0; opened < count; opened += AT_ONCE) {
    const batch = Array.from({ length: Math.min(AT_ONCE, count - opened) }, () =>
      statusOf(app, request),
    );
    for (const status of await Promise.all(batch)) {
      answers.set(status, (answers.get(status) ?? 0) + 1);
    }
  }
  return answers;
}

const summary = (answers: ReadonlyMap<Sight, number>): Sight[] =>
  [...answers].map(([answer, count]) => `${count} × ${answer}`);

/** As many as may wait do so to the end; all the others come while they wait. */
async function waitingForGuard(app: RunningApp): Promise<Sight[]> {
  waiting.count = 0;
  const pending: RawClient[] = [];
  for (let opened = 0; opened < MAX_PENDING; opened += 1) {
    const client = await app.raw();
    client.upgrade('/never');
    pending.push(client);
  }
  await eventually(
    () => expect(waiting.count).toBe(MAX_PENDING),
    'the guard to be asked',
    PATIENCE_MS,
  );
  const refused = HANDSHAKES - MAX_PENDING;
  const answers = await answersOf(app, refused, composeUpgrade('127.0.0.1', '/never'));
  for (const client of pending) client.resetAndDestroy();
  // Those who left make room for others.
  await eventually(() => app.connect('/echo'), 'room for a handshake');
  return [...summary(answers), `${waiting.count} × waiting`];
}

async function withHalfAHead(app: RunningApp): Promise<Sight[]> {
  const half = composeUpgrade('127.0.0.1', '/echo').subarray(0, -3);
  return summary(await answersOf(app, HALF_HEADS, half));
}

export const halfOpen: AbuseTheme = {
  theme: 'half-open handshakes',
  isOfHttp1: true,
  forRoot: { maxPendingHandshakes: MAX_PENDING, handshakeTimeout: '50s' },
  cases: [
    {
      name: `${HANDSHAKES} handshakes that a guard keeps waiting`,
      attack: waitingForGuard,
      see: [`${HANDSHAKES - MAX_PENDING} × 503`, `${MAX_PENDING} × waiting`],
    },
  ],
};

export const halfHeads: AbuseTheme = {
  theme: 'half a head',
  isOfHttp1: true,
  forRoot: { handshakeTimeout: 500 },
  cases: [
    {
      name: `${HALF_HEADS} requests that never end`,
      attack: withHalfAHead,
      see: [`${HALF_HEADS} × 408`],
    },
  ],
};
