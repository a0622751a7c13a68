import { InvalidWebSocketOptionException } from 'nestjs-revali-ws';
import { NatsBroker } from 'nestjs-revali-ws/nats';

/** As from JavaScript. */
const make = (options: unknown): unknown => Reflect.construct(NatsBroker, [options]);

const nothing = (): undefined => undefined;

describe('The options of NatsBroker', () => {
  it.each([
    ['no object', 'nats://localhost', /"options" is 'nats:/],
    ['null', null, /"options" is null/],
    ['a list', [], /"options" is \[\]/],
    ['a number for a server', { servers: 4222 }, /"servers" is 4222.*Use one as/],
    ['no server at all', { servers: [] }, /"servers" is \[\]/],
    ['an empty server', { servers: [''] }, /"servers" is \[ '' \]/],
    ['no function', { connect: 'nats' }, /"connect" is 'nats'/],
    ['a function beside servers', { connect: nothing, servers: 'a' }, /Leave servers out/],
    ['a function beside a user', { connect: nothing, user: 'a' }, /Leave user out/],
    ['reconnecting', { reconnect: true }, /"reconnect" is true.*Leave it out/],
    ['a wait', { reconnectTimeWait: 5 }, /"reconnectTimeWait" is 5/],
    ['a text for jetStream', { jetStream: 'file' }, /"jetStream" is 'file'/],
    ['a misspelt option', { jetStream: { replica: 3 } }, /jetStream\.replica.*use one of replicas/],
    ['no replicas', { jetStream: { replicas: 0 } }, /"jetStream\.replicas" is 0/],
    ['half a replica', { jetStream: { replicas: 1.5 } }, /"jetStream\.replicas" is 1\.5/],
    ['another storage', { jetStream: { storage: 'disk' } }, /"jetStream\.storage" is 'disk'/],
    ['a short place', { jetStream: { placeAge: 1 } }, /"jetStream\.placeAge" is 1.*120000/],
    ['a place without end', { jetStream: { placeAge: Infinity } }, /placeAge" is Infinity/],
  ])('refuse %s', (_, options, message) => {
    expect(() => make(options)).toThrow(message);
    expect(() => make(options)).toThrow(InvalidWebSocketOptionException);
  });

  it('promise history and presence with JetStream alone', () => {
    const neither = { history: false, presence: false, order: 'sender' };
    const both = { history: true, presence: true, order: 'sender' };
    expect(new NatsBroker().capabilities).toEqual(neither);
    expect(new NatsBroker({ jetStream: false }).capabilities).toEqual(neither);
    expect(new NatsBroker({ jetStream: true }).capabilities).toEqual(both);
    expect(new NatsBroker({ jetStream: { replicas: 3 } }).capabilities).toEqual(both);
  });
});
