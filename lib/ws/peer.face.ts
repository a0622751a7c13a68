/** Properties of a connection's socket that middleware and guards read to know the peer. */
export const PEER_PROPERTIES = [
  'authorizationError',
  'authorized',
  'encrypted',
  'localAddress',
  'localFamily',
  'localPort',
  'remoteAddress',
  'remoteFamily',
  'remotePort',
  'servername',
] as const;

/** Methods that they call for it. */
export const PEER_METHODS = ['address', 'getCipher', 'getPeerCertificate', 'getProtocol'] as const;
