import { NatsBroker } from 'nestjs-revali-ws/nats';
import { brokerContract } from 'nestjs-revali-ws/testing';

import { NatsServer } from '../../support/servers/nats-server.js';

describe('NatsBroker without JetStream', () => {
  let server: NatsServer;

  beforeAll(async () => {
    server = await NatsServer.start();
  });

  afterAll(() => server.stop());

  // Made before the server is there, to read its name alone.
  brokerContract(() => new NatsBroker({ servers: server?.url ?? 'localhost:4222' }));
});
