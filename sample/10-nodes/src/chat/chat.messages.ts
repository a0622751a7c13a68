import { Equals, IsUUID, Length } from 'class-validator';

/** Said to everybody in the room. */
export class Say {
  @Equals('say')
  readonly type!: 'say';

  /** The page says it again, under the same id, where it does not know whether it was heard. */
  @IsUUID()
  readonly id!: string;

  @Length(1, 500, { message: 'A message has 1 to 500 characters' })
  readonly text!: string;
}
