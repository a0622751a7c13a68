// What the CLI plugin of @nestjs/swagger reads; no decorator says anything of it.

export enum Mood {
  Calm = 'calm',
  Loud = 'loud',
}

export class Tag {
  name!: string;
}

export class Say {
  /** What is said. */
  text!: string;
  mood!: Mood;
  tags!: Tag[];
  at?: Date;
}

export class Said {
  by!: string;
  say!: Say;
}
