import { Transform } from 'class-transformer';
import { Equals, Length } from 'class-validator';

// What a client may send. The pipe refuses properties that are not declared, so `type` is.

/** Said to everybody in the room. */
export class Say {
  @Equals('say')
  readonly type!: 'say';

  @Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.trim() : value))
  @Length(1, 500, { message: 'A message has 1 to 500 characters' })
  readonly text!: string;
}

/** The others may show that something is coming. */
export class Typing {
  @Equals('typing')
  readonly type!: 'typing';
}
