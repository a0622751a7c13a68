type Attribute = string | number | boolean | undefined | ((event: Event) => void);

export type Child = Node | string | undefined | false;

/**
 * Creates an element. Texts become text nodes and attributes are set by name, so no text of a document is read as markup.
 * A function listens to the event that its key names.
 */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, Attribute>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== undefined && value !== false) element.setAttribute(name, String(value));
  }
  element.append(...children.filter((child) => child !== undefined && child !== false));
  return element;
}

let lastId = 0;

/** Creates an id for `for`, `aria-labelledby` and the like. */
export function freshId(): string {
  lastId += 1;
  return `e${lastId}`;
}

export function button(
  text: string,
  click: () => void,
  attributes: Readonly<Record<string, Attribute>> = {},
): HTMLButtonElement {
  return h('button', { type: 'button', click, ...attributes }, text);
}

/** Puts a control under its label, with a hint below. */
export function labeled(
  label: string,
  control: HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement,
  { hint, isRequired = false }: { hint?: string; isRequired?: boolean } = {},
): HTMLElement {
  control.id ||= freshId();
  const note = hint === undefined ? undefined : h('p', { class: 'hint', id: freshId() }, hint);
  if (note) control.setAttribute('aria-describedby', note.id);
  if (isRequired) control.setAttribute('aria-required', 'true');
  const caption = h('label', { for: control.id }, label);
  if (isRequired)
    caption.append(h('span', { class: 'required', 'aria-hidden': 'true' }, ' required'));
  return h('div', { class: 'field' }, caption, control, note);
}

export function selectOf(
  options: readonly (readonly [value: string, text: string])[],
  attributes: Readonly<Record<string, Attribute>> = {},
): HTMLSelectElement {
  return h('select', attributes, ...options.map(([value, text]) => h('option', { value }, text)));
}

/** Arrow keys, Home and End move through tabs, and Tab leaves them. */
export function moveThroughTabs(event: Event): void {
  if (!(event instanceof KeyboardEvent) || !(event.currentTarget instanceof HTMLElement)) return;
  const tabs = [...event.currentTarget.querySelectorAll<HTMLElement>('[role=tab]')];
  const at = tabs.findIndex((tab) => tab === document.activeElement);
  const next = new Map([
    ['ArrowRight', (at + 1) % tabs.length],
    ['ArrowLeft', (at - 1 + tabs.length) % tabs.length],
    ['Home', 0],
    ['End', tabs.length - 1],
  ]).get(event.key);
  if (at < 0 || next === undefined) return;
  event.preventDefault();
  tabs[next]?.focus();
  tabs[next]?.click();
}

/** Offers a file to the user as a download. */
export function download(name: string, data: string | Uint8Array<ArrayBuffer>, type: string): void {
  const url = URL.createObjectURL(new Blob([data], { type }));
  h('a', { href: url, download: name }).click();
  URL.revokeObjectURL(url);
}

/** Copies text. `navigator.clipboard` exists only on https and localhost. */
export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

function copyBySelection(text: string): boolean {
  const before = document.activeElement;
  const area = h('textarea', { class: 'unseen', 'aria-hidden': 'true', tabindex: -1 });
  area.value = text;
  document.body.append(area);
  area.select();
  // This is the only way without a secure context.
  const isCopied = document.execCommand('copy');
  area.remove();
  if (before instanceof HTMLElement) before.focus();
  return isCopied;
}
