/**
 * Clients, connections and contexts for tests, whatever runs them.
 *
 * @module nestjs-revali-ws/testing
 */

// end to end
export { connect, type ConnectOptions, type QueryValue } from './connect.js';
export type { TestedApplication } from './server.target.js';
export { TestWebSocket, type ClosedWith } from './test-web-socket.js';
export type { Message, Sendable } from './message.js';

// unit
export {
  FakeWebSocketConnection,
  fakeConnection,
  type FakeConnectionOptions,
  type FakeRequest,
} from './fake.connection.js';
export { messageContext, type MessageContextOptions } from './message-context.js';

// fail
export {
  ConnectionClosedException,
  DeadlineExceededException,
  HandshakeFailedException,
  HandshakeRefusedException,
  UnexpectedMessageException,
} from './testing.exceptions.js';
