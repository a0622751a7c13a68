import type { Route } from '../document/document.types.js';
import { h } from '../dom.js';
import { modeMark, pathText } from './mode.js';

/** The list of all routes, in groups. */
export class RouteList {
  readonly element: HTMLElement;
  private readonly search = h('input', {
    type: 'search',
    placeholder: 'Filter routes',
    'aria-label': 'Filter routes',
    'aria-keyshortcuts': '/',
    autocomplete: 'off',
  });
  private readonly none = h('p', { class: 'hint', hidden: true }, 'No route is like that.');
  private readonly links = new Map<Route, HTMLAnchorElement>();
  private readonly groups: HTMLElement[] = [];

  constructor(routes: readonly Route[]) {
    const names = [...new Set(routes.map(({ group }) => group))];
    for (const name of names) {
      const own = routes.filter(({ group }) => group === name);
      this.groups.push(this.groupOf(name, own));
    }
    this.search.addEventListener('input', () => this.filter());
    this.element = h(
      'nav',
      { 'aria-label': 'Routes', class: 'routes' },
      this.search,
      ...this.groups,
      this.none,
    );
  }

  select(selected: Route): void {
    for (const [route, link] of this.links) {
      if (route === selected) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    }
    this.links.get(selected)?.scrollIntoView({ block: 'nearest' });
  }

  /** Marks the routes with open connections. */
  markLive(live: ReadonlySet<Route>): void {
    for (const [route, link] of this.links) link.classList.toggle('live', live.has(route));
  }

  focus(): void {
    this.search.focus();
    this.search.select();
  }

  private groupOf(name: string, routes: readonly Route[]): HTMLElement {
    const items = routes.map((route) => {
      const link = h(
        'a',
        {
          href: `#/${encodeURIComponent(route.id)}`,
          class: route.isDeprecated ? 'deprecated' : undefined,
          title: route.summary,
        },
        modeMark(route.mode),
        pathText(route.path),
        h(
          'span',
          { class: 'unseen' },
          `, ${route.mode}${route.isDeprecated ? ', deprecated' : ''}`,
        ),
        h('span', { class: 'dot', title: 'Connected' }),
      );
      this.links.set(route, link);
      return h('li', {}, link);
    });
    return h('section', {}, h('h2', {}, name), h('ul', {}, ...items));
  }

  private filter(): void {
    const words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let found = 0;
    for (const [{ path, group, summary = '', mode, id }, link] of this.links) {
      const text = `${path} ${group} ${summary} ${mode} ${id}`.toLowerCase();
      const isFound = words.every((word) => text.includes(word));
      if (link.parentElement) link.parentElement.hidden = !isFound;
      if (isFound) found += 1;
    }
    for (const group of this.groups) group.hidden = !group.querySelector('li:not([hidden])');
    this.none.hidden = found > 0;
  }
}
