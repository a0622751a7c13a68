import { Transform } from 'class-transformer';
import { Equals, Length } from 'class-validator';

// What a client may send. The pipe refuses undeclared properties, so `type` is declared.

/** A message to everyone in the room. */
export class Say {
  @Equals('say')
  readonly type!: 'say';

  @Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.trim() : value))
  @Length(1, 500, { message: 'A message has 1 to 500 characters' })
  readonly text!: string;
}

/** Lets the others show that somebody is typing. */
export class Typing {
  @Equals('typing')
  readonly type!: 'typing';
}
