import { Equals, Matches, Max, Min } from 'class-validator';

import { NAME } from './board.rooms.js';

// What a client may send.

/** A fraction of the board's width and height. */
export class Move {
  @Equals('move')
  readonly type!: 'move';

  @Min(0)
  @Max(1)
  readonly x!: number;

  @Min(0)
  @Max(1)
  readonly y!: number;
}

/** The pointer is outside the board. */
export class Hide {
  @Equals('hide')
  readonly type!: 'hide';
}

export class Rename {
  @Equals('rename')
  readonly type!: 'rename';

  @Matches(NAME, { message: 'A name has 1 to 24 letters, digits or spaces' })
  readonly name!: string;
}
