import { Announcer } from '../announcer.js';
import type { DocumentReader } from '../document/document.reader.js';
import type { Route, Server } from '../document/document.types.js';
import { SchemaChecker } from '../document/schema.checker.js';
import { h } from '../dom.js';
import type { Target } from '../wire/address.js';
import type { Payload } from '../wire/bytes.js';
import { Connection, titleOf } from '../wire/connection.js';
import { RouteList } from './route.list.js';
import { RouteView } from './route.view.js';
import { SecretStore } from './secret.store.js';
import { TrafficPane } from './traffic.pane.js';

export interface AppSettings {
  /** The server of the page's own application, which is the first choice. */
  readonly server: string;
  readonly relay: string | undefined;
  /** The folder below the page, for links. */
  readonly below: string;
}

/** The whole page. One route is selected, with one of its connections or none. */
export class App {
  private readonly announcer = new Announcer();
  private readonly secrets = new SecretStore();
  private readonly checker: SchemaChecker;
  private readonly routes: readonly Route[];
  private readonly servers: readonly Server[];
  private readonly list: RouteList;
  private readonly traffic: TrafficPane;
  private readonly views = new Map<Route, RouteView>();
  private readonly main = h('main', { id: 'main' });
  private readonly menu = h(
    'button',
    { type: 'button', class: 'menu', 'aria-expanded': 'false' },
    'Routes',
  );
  private readonly body = h('div', { class: 'columns' });
  private connections: Connection[] = [];
  private lastNumber = 0;
  private view: RouteView | undefined;
  private connection: Connection | undefined;

  constructor(
    private readonly reader: DocumentReader,
    private readonly settings: AppSettings,
  ) {
    this.checker = new SchemaChecker(reader.document);
    this.routes = reader.routes();
    const others = reader.servers().filter(({ url }) => url !== settings.server);
    this.servers = [{ name: 'this page', url: settings.server }, ...others];
    this.list = new RouteList(this.routes);
    this.traffic = new TrafficPane({
      hasRelay: settings.relay !== undefined,
      say: (text) => this.announce(text),
      remove: (connection) => this.remove(connection),
      useRelay: () => this.view?.form.useRelay(),
      select: (connection) => this.selectConnection(connection),
    });
  }

  start(): void {
    this.body.append(
      h('div', { class: 'side' }, this.list.element),
      this.main,
      this.traffic.element,
    );
    document.body.append(
      h(
        'a',
        { href: '#main', class: 'skip', click: (event) => this.skip(event) },
        'Skip to the route',
      ),
      this.header(),
      this.body,
      this.announcer.element,
      this.toast,
    );
    document.title = this.reader.info.title;
    window.addEventListener('hashchange', () => this.followHash());
    document.addEventListener('keydown', (event) => this.keyPressed(event));
    this.followHash();
  }

  private readonly toast = h('div', { class: 'toast', 'aria-hidden': 'true', hidden: true });
  private toastTimer: number | undefined;

  /** Shows a text and announces it to screen readers. */
  private announce(text: string): void {
    this.announcer.say(text);
    this.toast.textContent = text;
    this.toast.hidden = false;
    window.clearTimeout(this.toastTimer);
    this.toastTimer = window.setTimeout(() => (this.toast.hidden = true), 2500);
  }

  private header(): HTMLElement {
    const { title, version, description } = this.reader.info;
    const { below } = this.settings;
    this.menu.addEventListener('click', () => this.toggleMenu(this.menu.ariaExpanded !== 'true'));
    return h(
      'header',
      { class: 'top' },
      this.menu,
      h(
        'p',
        { class: 'title', title: description },
        h('strong', {}, title),
        ' ',
        h('span', { class: 'hint' }, version),
      ),
      h('span', { class: 'spacer' }),
      h(
        'span',
        { class: 'hint count' },
        `${this.routes.length} ${this.routes.length === 1 ? 'route' : 'routes'}`,
      ),
      h('a', { href: `${below}document.json`, target: '_blank', rel: 'noopener' }, 'JSON'),
      h('a', { href: `${below}document.yaml`, target: '_blank', rel: 'noopener' }, 'YAML'),
    );
  }

  /** Narrow screens show either the list of routes or one route. */
  private toggleMenu(isOpen: boolean): void {
    this.menu.ariaExpanded = String(isOpen);
    this.body.classList.toggle('choosing', isOpen);
    if (isOpen) this.list.focus();
  }

  private followHash(): void {
    const [, id = '', values = ''] = /^#\/([^?]*)\??(.*)$/.exec(location.hash) ?? [];
    const route = this.routes.find((each) => each.id === decoded(id)) ?? this.routes[0];
    if (!route) {
      this.main.replaceChildren(
        h('p', { class: 'aside' }, 'This application has no WebSocket routes.'),
      );
      return;
    }
    const isNew = route !== this.view?.route;
    this.selectRoute(route);
    if (values !== '') this.view?.form.apply(new URLSearchParams(values));
    else this.writeHash();
    if (!isNew) return;
    const own = this.connections.filter(({ target }) => target.route === route);
    if (this.connection?.target.route !== route) this.connection = own.at(-1);
    this.refresh();
  }

  private selectRoute(route: Route): void {
    if (this.view?.route === route) return;
    let view = this.views.get(route);
    if (!view) {
      view = this.viewOf(route);
      this.views.set(route, view);
    }
    this.view = view;
    this.list.select(route);
    this.main.replaceChildren(...view.elements);
    this.main.scrollTop = 0;
    this.toggleMenu(false);
    document.title = `${route.path} · ${this.reader.info.title}`;
  }

  private viewOf(route: Route): RouteView {
    return new RouteView(route, {
      schemas: this.reader.schemas,
      checker: this.checker,
      servers: this.servers,
      relay: this.settings.relay,
      secrets: this.secrets,
      connect: (target, reconnects) => this.connect(target, reconnects),
      changed: () => this.writeHash(),
      say: (text) => this.announce(text),
      send: (payload) => this.send(payload),
    });
  }

  /** Puts the form's values into the address, without a history entry for each keystroke. */
  private writeHash(): void {
    if (!this.view) return;
    const values = this.view.form.values().toString();
    const hash = `#/${encodeURIComponent(this.view.route.id)}${values && `?${values}`}`;
    history.replaceState(undefined, '', hash);
  }

  private connect(target: Target, reconnects: boolean): void {
    this.lastNumber += 1;
    const connection = new Connection(this.lastNumber, target, reconnects);
    this.connections.push(connection);
    let state = '';
    let hasOpened = false;
    connection.onChange(() => {
      if (connection.state !== state)
        this.announcer.say(`Connection ${connection.number}: ${connection.state}`);
      // Moves the focus only once: a reconnect must not take it from users who went on to something else.
      const isFirst = !hasOpened && connection.state === 'open';
      hasOpened ||= isFirst;
      state = connection.state;
      this.refresh();
      if (isFirst && connection === this.connection) this.view?.editor?.focus();
    });
    this.announceMessages(connection);
    this.traffic.add(connection);
    this.connection = connection;
    this.writeHash();
    connection.open();
  }

  private announceMessages(connection: Connection): void {
    let lastId = 0;
    connection.log.onChange(() => {
      const frame = connection.log.frames.at(-1);
      if (!frame || frame.id === lastId) return;
      lastId = frame.id;
      if (connection !== this.connection) return;
      const { direction, payload, title, kind } = frame;
      const text = typeof payload === 'string' ? payload.slice(0, 200) : kind;
      if (title !== undefined) this.announcer.say(title);
      else if (direction === 'in') this.announcer.say(`Received ${text}`);
    });
  }

  private send(payload: Payload): void {
    this.connection?.send(payload);
  }

  private selectConnection(connection: Connection): void {
    this.connection = connection;
    this.selectRoute(connection.target.route);
    this.writeHash();
    this.refresh();
  }

  private remove(connection: Connection): void {
    connection.dispose();
    this.traffic.remove(connection);
    this.connections = this.connections.filter((other) => other !== connection);
    const own = this.connections.filter(({ target }) => target.route === this.view?.route);
    this.connection = own.at(-1);
    this.announce(`Removed ${titleOf(connection)}`);
    this.refresh();
    this.view?.form.focusFirst();
  }

  private refresh(): void {
    const live = this.connections.filter(({ state }) => state !== 'closed');
    this.list.markLive(new Set(live.map(({ target }) => target.route)));
    this.traffic.show(this.connection);
    if (!this.view) return;
    const { route, form, editor } = this.view;
    form.isOneMore = live.some(({ target }) => target.route === route);
    if (editor) editor.isReady = this.connection?.state === 'open';
  }

  private skip(event: Event): void {
    event.preventDefault();
    this.main.querySelector('h1')?.focus();
  }

  private keyPressed(event: KeyboardEvent): void {
    const isWriting =
      event.target instanceof HTMLElement && event.target.matches('input, textarea, select');
    if (event.key !== '/' || isWriting || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.toggleMenu(this.menu.offsetParent !== null);
    this.list.focus();
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
