/** Stands in for the option `rooms.broker` where somebody provides it, as the testing kit. Known to both builds. */
export const SUBSTITUTE_BROKER: unique symbol = Symbol.for('nestjs-revali-ws:substitute-broker');
