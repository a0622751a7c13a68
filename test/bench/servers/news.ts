/** What fan-out sends to every client, */
export const NEWS_OBJECT = { event: 'news', text: 'x'.repeat(80) };

/** as a text, */
export const NEWS = JSON.stringify(NEWS_OBJECT);

/** and as a frame: a header of two bytes before a text of less than 126. */
export const NEWS_FRAME = Buffer.from(`\x81${String.fromCodePoint(NEWS.length)}${NEWS}`, 'latin1');

/** The same as binary. */
export const NEWS_BYTES = Buffer.from(NEWS);

const pricesOf = (count: number) => ({
  event: 'prices',
  prices: Array.from({ length: count }, (_, index) => ({
    symbol: `SYM${index * 37}`,
    bid: (index * 7919) % 1000,
    ask: (index * 104_729) % 1000,
  })),
});

/** What goes to clients that compress: 2 KB that can be told in a third. */
export const PRICES_OBJECT = pricesOf(40);

export const PRICES = JSON.stringify(PRICES_OBJECT);

/** JSON of about 1 and 8 KiB, by the name in its path. */
export const STORIES = new Map(
  [
    ['1k', 21],
    ['8k', 165],
  ].map(([name, count]) => [String(name), JSON.stringify(pricesOf(Number(count)))]),
);

export const STORY_BYTES = new Map(
  Array.from(STORIES, ([name, text]) => [name, Buffer.from(text)]),
);

/** The same as frames: a header of four bytes before what has from 126 bytes to 64 KiB. */
export const STORY_FRAMES = new Map(
  Array.from(STORIES, ([name, text]) => {
    const header = Buffer.from([0x81, 126, text.length >> 8, text.length & 0xff]);
    return [name, Buffer.concat([header, Buffer.from(text)])];
  }),
);

const asBinary = (frame: Buffer): Buffer => Buffer.concat([Buffer.from([0x82]), frame.subarray(1)]);

/** Binary frames, by the paths of those who read them. */
export const BINARY_FRAMES = new Map([
  ['/raw-bytes', asBinary(NEWS_FRAME)],
  ...Array.from(STORY_FRAMES, ([name, frame]): [string, Buffer] => [
    `/raw-byte-stories/${name}`,
    asBinary(frame),
  ]),
]);

/** Each message by itself. */
export const INDEPENDENT = { serverNoContextTakeover: true, threshold: 0 };
