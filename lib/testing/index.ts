/**
 * Clients, connections and contexts for tests, whatever runs them.
 *
 * @module nestjs-revali-ws/testing
 */

// end to end
export { connect, type ConnectOptions, type QueryValue } from './connect.js';
export type { TestedApplication } from './server.target.js';
export type { ClosedWith } from './closed-with.js';
export { TestWebSocket } from './test-web-socket.js';
export type { Message, Sendable } from './message.js';
export { message, type MessageShape } from './typed-message.js';
export type { CallOptions } from './test-calls.js';

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
  CallFailedException,
  CallsNotSpokenException,
  ConnectionClosedException,
  DeadlineExceededException,
  HandshakeFailedException,
  HandshakeRefusedException,
  UnexpectedMessageException,
} from './testing.exceptions.js';
