/** Marks the class of the relay's controller. */
export const RELAY = Symbol.for('nestjs-revali-ws-asyncapi:relay');
