/** Thrown in production if `relay` has no guard: the relay connects with any headers that a page requests. */
export class RelayWithoutGuardException extends Error {
  /** @internal */
  constructor() {
    super(
      'AsyncApiModule.forRoot(): "relay: true" in production needs a guard among "decorators", such as ' +
        'decorators: [UseGuards(AdminGuard)]. Add one, or leave "relay" out.',
    );
    this.name = RelayWithoutGuardException.name;
  }
}
