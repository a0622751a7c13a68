import { gatewayOptionsOf, resolveAdapterOptions } from '../../../lib/gateways/gateway.options.js';
import { resolveModuleOptions } from '../../../lib/options/revali-ws.options.resolver.js';

describe('options of gateways', () => {
  it("have the module's defaults", () => {
    const { observers, rooms: _ofRoutes, ...shared } = resolveModuleOptions({});
    expect(observers).toEqual([]);
    expect(resolveAdapterOptions({})).toEqual({
      ...shared,
      globalPrefix: false,
      messageParser: undefined,
    });
  });

  it('take from the module what they know, and leave the rest', () => {
    const options = gatewayOptionsOf({
      ping: '5s',
      maxConnections: 7,
      observers: [{ onOpen: () => undefined }],
      errors: 'reply',
    });
    expect(options).toEqual({ ping: '5s', maxConnections: 7 });
    expect(resolveAdapterOptions(options)).toMatchObject({
      ping: { interval: 5_000, timeout: 5_000 },
      maxConnections: 7,
    });
  });
});
