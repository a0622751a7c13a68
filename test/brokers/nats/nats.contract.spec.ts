import { NatsBroker } from 'nestjs-revali-ws/nats';
import { brokerContract } from 'nestjs-revali-ws/testing';

import { NatsServer } from '../../support/servers/nats-server.js';

describe.each([
  ['NATS core', false],
  ['JetStream', true],
])('%s', (_, jetStream) => {
  let server: NatsServer | undefined;

  beforeAll(async () => {
    server = await NatsServer.start({ jetStream });
  });

  afterAll(() => server?.stop());

  // The first is made before the server is there, for its name and capabilities.
  brokerContract(() => new NatsBroker({ servers: server?.url ?? 'localhost', jetStream }));
});
