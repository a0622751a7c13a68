/** What fan-out sends to every client. */
export const NEWS = JSON.stringify({ event: 'news', text: 'x'.repeat(80) });
