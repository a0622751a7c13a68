/** What fan-out sends to every client, */
export const NEWS_OBJECT = { event: 'news', text: 'x'.repeat(80) };

/** as a text, */
export const NEWS = JSON.stringify(NEWS_OBJECT);

/** and as a frame: a header of two bytes before a text of less than 126. */
export const NEWS_FRAME = Buffer.from(`\x81${String.fromCodePoint(NEWS.length)}${NEWS}`, 'latin1');

/** What goes to clients that compress: 2 KB that can be told in a third. */
export const PRICES_OBJECT = {
  event: 'prices',
  prices: Array.from({ length: 40 }, (_, index) => ({
    symbol: `SYM${index * 37}`,
    bid: (index * 7919) % 1000,
    ask: (index * 104_729) % 1000,
  })),
};

export const PRICES = JSON.stringify(PRICES_OBJECT);

/** Each message by itself. */
export const INDEPENDENT = { serverNoContextTakeover: true, threshold: 0 };
