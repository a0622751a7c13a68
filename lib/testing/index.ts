/**
 * Clients, connections, and contexts for tests, with any test runner.
 *
 * @module nestjs-revali-ws/testing
 */

// end to end
export { connect, type ConnectOptions, type QueryValue } from './connect.js';
export { openHttp2Socket } from '../http2/http2.client.socket.js';
export type { TestedApplication } from './server.target.js';
export { cluster, type Cluster, type ClusterApplication, type ClusterOptions } from './cluster.js';
export type { ClosedWith } from './closed-with.js';
export { TestWebSocket } from './test-web-socket.js';
export type { Message, Sendable } from './message.js';
export { message, type MessageShape } from './typed-message.js';
export type { CallOptions } from './test-calls.js';
export type { GapNotice, JoinedNotice, LeftNotice, Notices, RoomNotice } from './test-rooms.js';

// unit
export {
  FakeWebSocketConnection,
  fakeConnection,
  type FakeConnectionOptions,
  type FakeRequest,
} from './fake.connection.js';
export { FakeRoom, type Expelled, type SentBroadcast } from './fake.room.js';
export { fakeRoom, fakeRooms, type FakeRooms, type MessageOf } from './fake.rooms.js';
export { messageContext, type MessageContextOptions } from './message-context.js';

// contracts
export { compareRoutes, type RouteDifference } from './compare.routes.js';

// brokers
export { brokerContract, type TestRunner } from './broker.contract.js';

// fail
export {
  CallFailedException,
  CallsNotSpokenException,
  ConnectionClosedException,
  ContractViolationException,
  DeadlineExceededException,
  HandshakeFailedException,
  HandshakeRefusedException,
  NoContractException,
  NoTestRunnerException,
  RoomsNotSpokenException,
  UnexpectedMessageException,
} from './testing.exceptions.js';
