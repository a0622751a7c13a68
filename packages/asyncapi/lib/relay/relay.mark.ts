/** On the class of the controller that relays. */
export const RELAY = Symbol.for('nestjs-revali-ws-asyncapi:relay');
