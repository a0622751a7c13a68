/** The token by which the testing kit finds it, even from the other build of this package. */
export const APPLICATION_END = Symbol.for('nestjs-revali-ws:application-end');

/** Knows whether the application is closed: Node's server, which may never have listened, does not say so. */
export interface ApplicationEnd {
  readonly isOver: boolean;
}
