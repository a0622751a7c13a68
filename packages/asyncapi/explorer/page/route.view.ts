import type { Message, Route } from '../document/document.types.js';
import { linesOf, typeText } from '../document/schema.printer.js';
import type { Schemas } from '../document/schema.js';
import { h, type Child } from '../dom.js';
import { ConnectForm, type FormParts } from './connect.form.js';
import { MessageEditor, type EditorParts } from './message.editor.js';
import { modeBadge, modeText, pathText } from './mode.js';

export type RouteParts = FormParts & EditorParts;

/** A route: its description, how to connect, and messages to send. */
export class RouteView {
  /** The actions, then the reference. Narrow screens show the log between them. */
  readonly elements: readonly HTMLElement[];
  readonly form: ConnectForm;
  /** `undefined` if the server takes no messages. */
  readonly editor: MessageEditor | undefined;

  constructor(
    readonly route: Route,
    parts: RouteParts,
  ) {
    this.form = new ConnectForm(route, parts);
    this.editor = route.mode === 'sendOnly' ? undefined : new MessageEditor(route, parts);
    const conversation = h(
      'article',
      { class: 'route' },
      headerOf(route),
      h('section', { class: 'card' }, h('h2', {}, 'Connect'), this.form.element),
      this.editor
        ? h('section', { class: 'card' }, h('h2', {}, 'Send'), this.editor.element)
        : h('p', { class: 'aside' }, 'This route sends only: there is nothing to write.'),
    );
    const reference = h(
      'div',
      { class: 'route references' },
      messagesOf('The server receives', route.received, parts.schemas),
      messagesOf('The server sends', route.sent, parts.schemas),
      closesOf(route),
    );
    this.elements = [conversation, reference];
  }
}

function headerOf({
  path,
  group,
  mode,
  isDeprecated,
  title,
  summary,
  description,
  facts,
}: Route): HTMLElement {
  return h(
    'header',
    {},
    h('p', { class: 'eyebrow' }, group),
    h('h1', { tabindex: -1 }, pathText(path)),
    h(
      'p',
      { class: 'badges' },
      modeBadge(mode),
      h('span', { class: 'hint' }, modeText(mode)),
      isDeprecated && h('span', { class: 'badge warn' }, 'deprecated'),
    ),
    (summary ?? title) !== undefined && h('p', { class: 'summary' }, summary ?? title),
    description !== undefined && description !== summary && h('p', { class: 'prose' }, description),
    facts.length > 0 &&
      h(
        'dl',
        { class: 'facts' },
        ...facts.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))),
      ),
  );
}

function messagesOf(
  title: string,
  messages: readonly Message[],
  schemas: Schemas,
): HTMLElement | undefined {
  if (messages.length === 0) return undefined;
  return h(
    'section',
    { class: 'reference' },
    h('h2', {}, title),
    ...messages.map((message) => messageOf(message, schemas)),
  );
}

function messageOf(message: Message, schemas: Schemas): HTMLElement {
  const { name, summary, description, contentType, schema, isDeprecated, isUnknown } = message;
  const lines = isUnknown ? [] : linesOf(schemas, schema);
  const head: Child[] = [
    h('code', { class: isDeprecated ? 'deprecated' : undefined }, name),
    h(
      'span',
      { class: 'hint' },
      ` ${[isUnknown ? 'no schema known' : typeText(schemas, schema), contentType].filter((text) => text !== name).join(' · ')}`,
    ),
    isDeprecated && h('span', { class: 'badge warn' }, 'deprecated'),
  ];
  const texts = [
    summary !== undefined && h('p', { class: 'prose' }, summary),
    description !== undefined && h('p', { class: 'prose' }, description),
  ];
  if (lines.length === 0) return h('div', { class: 'message' }, h('p', {}, ...head), ...texts);
  const rows = lines.map((line) =>
    h(
      'li',
      { class: `depth-${line.depth}` },
      h('code', {}, line.name, line.isRequired ? '' : '?'),
      h('span', { class: 'type' }, line.type),
      line.note !== '' && h('span', { class: 'hint' }, line.note),
      line.description !== '' && h('p', { class: 'prose' }, line.description),
    ),
  );
  return h(
    'details',
    { class: 'message', open: lines.length <= 12 },
    h('summary', {}, ...head),
    ...texts,
    h('ul', { class: 'schema' }, ...rows),
  );
}

function closesOf({ closes }: Route): HTMLElement | undefined {
  if (closes.size === 0) return undefined;
  const rows = [...closes].map(([code, text]) =>
    h('div', {}, h('dt', {}, String(code)), h('dd', {}, text)),
  );
  return h(
    'section',
    { class: 'reference' },
    h('h2', {}, 'It closes with'),
    h('dl', { class: 'closes' }, ...rows),
  );
}
