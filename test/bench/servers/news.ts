/** What fan-out sends to every client, */
export const NEWS_OBJECT = { event: 'news', text: 'x'.repeat(80) };

/** as a text, */
export const NEWS = JSON.stringify(NEWS_OBJECT);

/** and as a frame: a header of two bytes before a text of less than 126. */
export const NEWS_FRAME = Buffer.from(`\x81${String.fromCodePoint(NEWS.length)}${NEWS}`, 'latin1');
