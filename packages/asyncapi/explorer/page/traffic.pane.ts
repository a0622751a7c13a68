import { button, freshId, h, moveThroughTabs } from '../dom.js';
import { titleOf, type Connection } from '../wire/connection.js';
import { ConnectionView, type ConnectionViewParts } from './connection.view.js';

export interface TrafficParts extends ConnectionViewParts {
  select(connection: Connection): void;
}

interface Entry {
  readonly view: ConnectionView;
  readonly tab: HTMLButtonElement;
  readonly release: () => void;
}

/** The pane of all connections. It shows one at a time. */
export class TrafficPane {
  readonly element: HTMLElement;
  private readonly tabs = h('div', {
    class: 'tabs',
    role: 'tablist',
    'aria-label': 'Connections',
    keydown: moveThroughTabs,
  });
  private readonly stage = h('div', { class: 'stage' });
  private readonly nothing = h(
    'div',
    { class: 'nothing' },
    h('p', { class: 'big', 'aria-hidden': 'true' }, '⇅'),
    h('p', {}, 'What goes either way shows here.'),
    h('p', { class: 'hint' }, 'Connect to begin.'),
  );
  private readonly entries = new Map<Connection, Entry>();

  constructor(private readonly parts: TrafficParts) {
    this.element = h('aside', { class: 'traffic', 'aria-label': 'Traffic' }, this.tabs, this.stage);
    this.show(undefined);
  }

  add(connection: Connection): void {
    const view = new ConnectionView(connection, this.parts);
    view.element.id ||= freshId();
    const tab = button('', () => this.parts.select(connection), {
      role: 'tab',
      'aria-controls': view.element.id,
    });
    tab.append(
      h('span', { class: 'dot' }),
      h('span', { class: 'number' }, `${connection.number}`),
      h('span', { class: 'path' }, titleOf(connection)),
    );
    const release = connection.onChange(() => {
      tab.dataset['state'] = connection.state;
    });
    this.entries.set(connection, { view, tab, release });
    this.tabs.append(tab);
  }

  remove(connection: Connection): void {
    const entry = this.entries.get(connection);
    entry?.release();
    entry?.view.dispose();
    entry?.tab.remove();
    this.entries.delete(connection);
  }

  show(selected: Connection | undefined): void {
    this.tabs.hidden = this.entries.size === 0;
    for (const [connection, { tab, view }] of this.entries) {
      tab.setAttribute('aria-selected', String(connection === selected));
      tab.tabIndex = connection === selected ? 0 : -1;
      tab.dataset['state'] = connection.state;
      if (connection === selected && !view.element.isConnected)
        this.stage.replaceChildren(view.element);
    }
    if (!selected) this.stage.replaceChildren(this.nothing);
  }
}
