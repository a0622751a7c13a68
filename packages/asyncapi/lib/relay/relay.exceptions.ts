/** The relay opens connections with whatever headers a page asks for: in production somebody has to say who may. */
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
