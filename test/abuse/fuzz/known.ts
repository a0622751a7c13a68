/** How many messages the handlers send that send several. */
export const ITEMS = 5;

/** What a handler sends as its message number `index`. */
export function item(text: string, index: number): string {
  return `${index}:${text}`;
}

/** Things that `encode` of a codec may return, by the name that clients choose. */
export const codecKinds = [
  'string',
  'buffer',
  'uint8',
  'array-buffer',
  'data-view',
  'uint16',
  'float64',
] as const;
export type CodecKind = (typeof codecKinds)[number];

/** What it may not return: the value cannot be serialized. */
export const brokenCodecKinds = ['array', 'number', 'nothing', 'object'] as const;

/** Filled up with dots to a multiple of eight bytes, so that each kind of view can hold it. */
export function codecText(text: string): string {
  return text.padEnd(Math.ceil(text.length / 8) * 8, '.');
}

/** The server's file `/static/known.txt`. */
export const STATIC_TEXT = 'a line of the static file\n'.repeat(800);
