import * as client from 'nestjs-revali-ws-client';
import { WebSocket } from 'ws';
import { contract } from './contract/index.js';
import { BadNetwork } from './support/bad.network.js';

describe('a client on `ws`', () => {
  let network: BadNetwork;
  beforeAll(async () => {
    network = await BadNetwork.open();
  });
  afterEach(() => network.proxy.mend());
  afterAll(() => network.close());

  const control = async (command: string, ...args: unknown[]): Promise<never> =>
    (await network.commands[command]?.(...(args as never[]))) as never;

  for (const [group, behaviors] of Object.entries(contract))
    describe(group, () => {
      it.each(Object.entries(behaviors))('%s', async (_name, behavior) => {
        await behavior({ client, WebSocket, setsHeaders: true, url: network.url, control });
      });
    });
});
