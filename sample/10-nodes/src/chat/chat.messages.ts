import { Equals, IsUUID, Length } from 'class-validator';

/** A message to everyone in the room. */
export class Say {
  @Equals('say')
  readonly type!: 'say';

  /** The page sends the message again with the same id if it does not know whether it arrived. */
  @IsUUID()
  readonly id!: string;

  @Length(1, 500, { message: 'A message has 1 to 500 characters' })
  readonly text!: string;
}
