/** In a file of their own: compilers emit other types for enums that a file imports. */
export enum Colour {
  red = 'red',
  blue = 'blue',
}

export enum Level {
  low,
  high,
}
