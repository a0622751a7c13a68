/** Replaces the option `rooms.broker` if it is provided, as by the testing kit. Shared by both builds. */
export const SUBSTITUTE_BROKER: unique symbol = Symbol.for('nestjs-revali-ws:substitute-broker');
