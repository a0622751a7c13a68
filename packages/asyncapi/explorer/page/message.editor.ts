import { exampleOf } from '../document/example.maker.js';
import type { Message, Route } from '../document/document.types.js';
import type { Schemas } from '../document/schema.js';
import type { SchemaChecker } from '../document/schema.checker.js';
import { button, freshId, h, moveThroughTabs, selectOf } from '../dom.js';
import { messageOf, parsed } from '../values.js';
import { ofBase64, ofHex, toHex, type Bytes, type Payload } from '../wire/bytes.js';

const FORMATS = [
  ['json', 'JSON'],
  ['text', 'Text'],
  ['hex', 'Binary, hex'],
  ['base64', 'Binary, base64'],
  ['file', 'Binary, file'],
] as const;
type Format = (typeof FORMATS)[number][0];

/** The editor does not check longer texts while you type. */
const MOST_CHECKED = 200_000;
const MOST_HISTORY = 50;

interface Draft {
  text: string;
  format: Format;
}

export interface EditorParts {
  readonly schemas: Schemas;
  readonly checker: SchemaChecker;
  send(payload: Payload): void;
  say(text: string): void;
}

/** An editor for messages, with a tab for each that the route accepts. */
export class MessageEditor {
  readonly element: HTMLElement;
  private readonly messages: readonly Message[];
  private readonly drafts = new Map<Message, Draft>();
  private readonly area = h('textarea', {
    class: 'code',
    rows: 7,
    spellcheck: 'false',
    'aria-label': 'Message',
  });
  private readonly format: HTMLSelectElement;
  private readonly file = h('input', { type: 'file', 'aria-label': 'File' });
  private readonly faults = h('ul', {
    class: 'faults',
    'aria-live': 'polite',
    'aria-label': 'Problems',
  });
  private readonly sendButton = button('Send', () => void this.send(), {
    class: 'primary',
    disabled: true,
  });
  private readonly tidyButton = button('Tidy', () => this.tidy(), { class: 'link' });
  private readonly hint = h('span', { class: 'hint' });
  private readonly tabs: HTMLButtonElement[];
  private readonly history = h('ul', { class: 'history' });
  private readonly past: HTMLElement;
  private selected: Message;

  constructor(
    route: Route,
    private readonly parts: EditorParts,
  ) {
    this.messages = route.received.length > 0 ? route.received : [NOTHING_KNOWN];
    this.selected = this.messages[0] ?? NOTHING_KNOWN;
    this.format = selectOf(FORMATS, { 'aria-label': 'Format', change: () => this.formatChosen() });
    const panel = freshId();
    this.tabs = this.messages.map((message) =>
      button(message.name, () => this.select(message), {
        role: 'tab',
        id: freshId(),
        'aria-controls': panel,
        class: message.isDeprecated ? 'deprecated' : undefined,
      }),
    );
    this.past = h(
      'details',
      { class: 'more', hidden: true },
      h('summary', {}, 'Sent before'),
      this.history,
    );
    this.area.addEventListener('input', () => this.typed());
    this.area.addEventListener('keydown', (event) => this.keyPressed(event));
    this.element = this.build(panel);
    this.select(this.selected);
    this.isReady = false;
  }

  /** Whether a connection is open for sending. */
  set isReady(isReady: boolean) {
    this.sendButton.disabled = !isReady;
    this.hint.textContent = isReady ? '⌘ or Ctrl + Enter' : 'Connect first';
  }

  focus(): void {
    this.area.focus();
    this.area.select();
  }

  private build(panel: string): HTMLElement {
    return h(
      'section',
      { class: 'editor', 'aria-label': 'Message editor' },
      this.tabs.length > 1 &&
        h(
          'div',
          { role: 'tablist', class: 'tabs', 'aria-label': 'Messages', keydown: moveThroughTabs },
          ...this.tabs,
        ),
      h(
        'div',
        {
          id: panel,
          role: this.tabs.length > 1 ? 'tabpanel' : 'group',
          'aria-label': 'Message to send',
        },
        h(
          'div',
          { class: 'row' },
          this.format,
          button('Example', () => this.makeExample(), { class: 'link' }),
          this.tidyButton,
        ),
        this.area,
        this.file,
        this.faults,
        h('div', { class: 'actions' }, this.sendButton, this.hint),
      ),
      this.past,
    );
  }

  private select(message: Message): void {
    this.selected = message;
    for (const [at, tab] of this.tabs.entries()) {
      const isSelected = this.messages[at] === message;
      tab.setAttribute('aria-selected', String(isSelected));
      tab.tabIndex = isSelected ? 0 : -1;
    }
    this.show(this.drafts.get(message) ?? this.exampleDraft(message));
  }

  private show(draft: Draft): void {
    this.drafts.set(this.selected, draft);
    this.area.value = draft.text;
    this.format.value = draft.format;
    this.area.hidden = draft.format === 'file';
    this.file.hidden = draft.format !== 'file';
    this.tidyButton.hidden = draft.format !== 'json';
    this.check();
  }

  private exampleDraft(message: Message): Draft {
    const format = formatOf(message);
    const [said] = message.examples;
    const value = said ?? exampleOf(this.parts.schemas, message.schema);
    if (format === 'hex') return { format, text: typeof said === 'string' ? said : '48 69' };
    if (message.isUnknown && said === undefined)
      return { format, text: format === 'json' ? '{}' : '' };
    if (format === 'text')
      return { format, text: typeof value === 'string' ? value : JSON.stringify(value) };
    return { format, text: JSON.stringify(value, undefined, 2) };
  }

  private makeExample(): void {
    this.show(this.exampleDraft(this.selected));
    this.area.focus();
  }

  private tidy(): void {
    const found = parsed(this.area.value);
    if (!found) return;
    this.area.value = JSON.stringify(found.value, undefined, 2);
    this.typed();
  }

  private formatChosen(): void {
    const chosen = FORMATS.find(([format]) => format === this.format.value)?.[0] ?? 'text';
    this.show({ text: this.area.value, format: chosen });
  }

  private typed(): void {
    this.show({ text: this.area.value, format: this.draft.format });
  }

  private get draft(): Draft {
    return this.drafts.get(this.selected) ?? { text: '', format: 'text' };
  }

  private keyPressed(event: KeyboardEvent): void {
    if (event.key !== 'Enter' || !(event.metaKey || event.ctrlKey)) return;
    event.preventDefault();
    void this.send();
  }

  /** Shows faults, but lets you send the message anyway to see how the server answers. */
  private check(): void {
    const faults = this.faultsOf(this.draft);
    this.area.setAttribute('aria-invalid', String(faults.length > 0));
    this.faults.replaceChildren(...faults.map((fault) => h('li', {}, fault)));
  }

  private faultsOf({ text, format }: Draft): string[] {
    const { key } = this.selected;
    if (format === 'hex') return ofHex(text) ? [] : ['Pairs of hexadecimal digits are needed.'];
    if (format === 'base64') return ofBase64(text) ? [] : ['This is no base64.'];
    if (format === 'file' || text.length > MOST_CHECKED) return [];
    if (format === 'text' && formatOf(this.selected) !== 'text') return [];
    const [value, fault] = format === 'json' ? jsonOf(text) : [text, undefined];
    if (fault !== undefined) return [fault];
    const found = this.parts.checker.check(key, value) ?? [];
    return found.map(({ where, what }) => (where === '' ? what : `${where}: ${what}`));
  }

  private async send(): Promise<void> {
    if (this.sendButton.disabled) return;
    const payload = await this.payload();
    if (payload === undefined) {
      this.parts.say('There are no bytes to send');
      return;
    }
    this.parts.send(payload);
    this.remember(payload);
  }

  private async payload(): Promise<Payload | undefined> {
    const { text, format } = this.draft;
    if (format === 'hex') return ofHex(text);
    if (format === 'base64') return ofBase64(text);
    if (format !== 'file') return text;
    const file = this.file.files?.[0];
    return file && new Uint8Array(await file.arrayBuffer());
  }

  private remember(payload: Payload): void {
    const { selected } = this;
    const draft: Draft = typeof payload === 'string' ? { ...this.draft } : hexDraft(payload);
    const text = draft.text.replaceAll(/\s+/g, ' ').slice(0, 120) || 'an empty message';
    const again = button(text, () => {
      this.select(selected);
      this.show({ ...draft });
      this.area.focus();
    });
    const twin = [...this.history.children].find((item) => item.textContent === text);
    twin?.remove();
    this.history.prepend(h('li', {}, again));
    if (this.history.children.length > MOST_HISTORY) this.history.lastElementChild?.remove();
    this.past.hidden = false;
  }
}

const NOTHING_KNOWN: Message = {
  key: '',
  name: 'Message',
  contentType: 'application/json',
  schema: {},
  examples: [],
  isDeprecated: false,
  isUnknown: true,
};

function formatOf({ contentType, isUnknown }: Message): Format {
  if (isUnknown && contentType === 'application/json') return 'json';
  if (/json/.test(contentType)) return 'json';
  return contentType.startsWith('text/') ? 'text' : 'hex';
}

function jsonOf(text: string): [value: unknown, fault: string | undefined] {
  try {
    const value: unknown = JSON.parse(text);
    return [value, undefined];
  } catch (error) {
    return [undefined, `This is no JSON: ${messageOf(error)}`];
  }
}

function hexDraft(bytes: Bytes): Draft {
  return { format: 'hex', text: toHex(bytes) };
}
