/** The token by which the testing kit finds it, also that of the other build of this package. */
export const APPLICATION_END = Symbol.for('nestjs-revali-ws:application-end');

/** Who knows that the application is closed: Node's server, which may never have listened, does not say so. */
export interface ApplicationEnd {
  readonly isOver: boolean;
}
