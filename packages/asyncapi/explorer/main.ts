import { DocumentReader } from './document/document.reader.js';
import { h } from './dom.js';
import { App } from './page/app.js';
import { fieldsOf, messageOf } from './values.js';
import { serverOf } from './wire/address.js';

/** The server writes the page's location into attributes, because a strict policy forbids inline scripts. */
const { path = '', below = './', relay } = document.documentElement.dataset;

async function start(): Promise<void> {
  const response = await fetch(`${below}document.json`, { credentials: 'same-origin' });
  if (!response.ok) throw new Error(`The document could not be loaded: status ${response.status}.`);
  const found: unknown = await response.json();
  const server = serverOf(location, path);
  const application = path.replace(/\/(?:index\.html)?$/, '');
  const relayed = relay === undefined ? undefined : `${server}${application}/relay`;
  new App(new DocumentReader(fieldsOf(found)), { server, below, relay: relayed }).start();
}

start().catch((error: unknown) => {
  document.body.append(h('p', { class: 'aside', role: 'alert' }, messageOf(error)));
});
