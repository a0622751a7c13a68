import { check, equal, next, options, rejection, soon, until, type Behaviors } from './behavior.js';

export const credentials: Behaviors = {
  'is refused where new credentials are refused as well': async (world) => {
    const refreshes: boolean[] = [];
    const client = world.client.createClient({
      ...options(world),
      auth: ({ refresh }) => {
        refreshes.push(refresh);
        return { query: { ticket: 'bad' } };
      },
    });
    const own = client.connect('/private');
    const sent = rejection(own.send('1'), 'NotSent').catch(() => undefined);
    const { code, kind, reason } = await soon(own.closed, 'the refusal');
    equal([code, kind, reason, refreshes], [4401, 'refused', 'Unauthorized', [false, true]]);
    await sent;
    await rejection(own.opened, 'ConnectionClosed');
  },

  'is refused at once without auth()': async (world) => {
    const own = world.client.createClient(options(world)).connect('/private');
    equal((await soon(own.closed, 'the refusal')).kind, 'refused');
  },

  'asks for new credentials again, once the old ones were good': async (world) => {
    const refreshes: boolean[] = [];
    let ticket = 'good';
    const client = world.client.createClient({
      ...options(world),
      auth: ({ refresh }) => {
        refreshes.push(refresh);
        if (refresh) ticket = `${ticket}!`;
        return { query: { ticket } };
      },
    });
    const own = client.connect('/private');
    for (const known of ['good', 'good!', 'good!!']) {
      await world.control('ticket', known);
      await soon(own.opened, 'the connection');
      await world.control('reset');
      await until(() => own.state !== 'open', 'it is lost');
      await own.send(known);
      equal(await next(own), known);
    }
    equal(refreshes.filter(Boolean).length, 2);
    own.close();
    await world.control('ticket', 'good');
  },

  'tells what auth() rejects with, and asks it again': async (world) => {
    let asked = 0;
    const errors: unknown[] = [];
    const client = world.client.createClient({
      ...options(world),
      auth: async ({ last, number }) => {
        asked += 1;
        equal([number, last?.code], [asked, asked === 1 ? undefined : 1006]);
        if (asked < 3) throw new RangeError(`not yet: ${asked}`);
        return { query: { ticket: 'good' } };
      },
    });
    const own = client.connect('/private');
    own.on('error', (error) => errors.push(error));
    await own.send('1');
    equal(await next(own), '1');
    equal([asked, errors.length], [3, 2]);
    own.close();
  },

  'brings the headers of auth() where a handshake can have some': async (world) => {
    const client = world.client.createClient({
      ...options(world),
      auth: ({ number }) => ({ headers: { 'X-Ticket': `ticket ${number}` } }),
    });
    const own = client.connect('/ticket');
    const errors: unknown[] = [];
    own.on('error', (error) => errors.push(error));
    void own.send('?').catch(() => undefined);
    if (!world.setsHeaders) {
      // A page learns of its mistake, not of a server that lets it in without its headers.
      equal((await soon(own.closed, 'the end')).kind, 'fault');
      equal(errors.length, 1);
      return;
    }
    equal(await next(own), 'ticket 1');
    await world.control('reset');
    await until(() => own.state !== 'open', 'it is lost');
    await own.send('?');
    check(/^ticket [2-9]$/.test(String(await next(own))), 'the new attempt has the old header');
    own.close();
  },

  'waits out a server that is not ready, however often it says so': async (world) => {
    const client = world.client.createClient(options(world));
    const own = client.connect('/private', { query: { status: 503, ticket: 'good' } });
    let ends = 0;
    own.on('close', ({ code }) => (ends += Number(code === 4503)));
    await until(() => ends > 6, 'it was refused often');
    equal(own.state === 'closed', false);
    own.close();
  },
};
