import type { Route, Secret, Server } from '../document/document.types.js';
import { button, copy, h, labeled, selectOf } from '../dom.js';
import type { Target } from '../wire/address.js';
import { SNIPPETS } from '../wire/snippets.js';
import { FieldInput } from './field.input.js';
import type { SecretStore } from './secret.store.js';

export interface FormParts {
  readonly servers: readonly Server[];
  /** The address of the relay; `undefined` if the server has none. */
  readonly relay: string | undefined;
  readonly secrets: SecretStore;
  connect(target: Target, reconnects: boolean): void;
  /** Called when a field changes. */
  changed(): void;
  say(text: string): void;
}

/** A form for the parts of a handshake. */
export class ConnectForm {
  readonly element: HTMLFormElement;
  private readonly parameters: FieldInput[];
  private readonly query: FieldInput[];
  private readonly headers: FieldInput[];
  private readonly secrets: (readonly [Secret, HTMLInputElement, HTMLElement])[];
  private readonly moreQuery = h('input', {
    type: 'text',
    placeholder: 'name=value&more=1',
    spellcheck: 'false',
    autocomplete: 'off',
  });
  private readonly moreHeaders = h('textarea', {
    rows: 2,
    placeholder: 'Name: value',
    spellcheck: 'false',
  });
  private readonly protocols = h('input', {
    type: 'text',
    spellcheck: 'false',
    autocomplete: 'off',
  });
  private readonly server: HTMLSelectElement;
  private readonly relay = h('input', { type: 'checkbox' });
  private readonly reconnects = h('input', { type: 'checkbox' });
  private readonly submit = h('button', { type: 'submit', class: 'primary' }, 'Connect');
  private readonly unsent: HTMLElement;
  private readonly headerFields: HTMLElement;

  constructor(
    private readonly route: Route,
    private readonly parts: FormParts,
  ) {
    const changed = (): void => parts.changed();
    const inputsOf = (fields: Route['query']): FieldInput[] =>
      fields.map((field) => new FieldInput(field, changed));
    this.parameters = inputsOf(route.parameters);
    this.query = inputsOf(route.query);
    this.headers = inputsOf(route.headers);
    this.secrets = route.secrets.map((secret) => this.secretInput(secret));
    this.unsent = unsentNote(route);
    this.server = selectOf(parts.servers.map(({ name, url }) => [url, `${url} · ${name}`]));
    for (const control of [this.moreQuery, this.protocols])
      control.addEventListener('input', changed);
    this.protocols.value = route.needsProtocol ? (route.protocols[0] ?? '') : '';
    this.headerFields = h(
      'div',
      { class: 'fields' },
      ...this.headers.map(({ element }) => element),
      labeled('More headers', this.moreHeaders, { hint: 'One a line.' }),
    );
    this.element = this.build();
    this.relay.addEventListener('change', () => this.showWay());
    this.showWay();
  }

  /** Sets whether the button offers one more connection. */
  set isOneMore(isOneMore: boolean) {
    this.submit.textContent = isOneMore ? 'Connect another' : 'Connect';
  }

  /** The values in a link to this page: never a secret, never a header. */
  values(): URLSearchParams {
    const values = new URLSearchParams();
    for (const input of this.parameters)
      if (input.value !== '') values.append(input.field.name, input.value);
    const taken = new Set(this.parameters.map(({ field }) => field.name));
    for (const { field, value } of this.query)
      if (value !== '')
        values.append(taken.has(field.name) ? `query.${field.name}` : field.name, value);
    if (this.moreQuery.value !== '') values.append('query', this.moreQuery.value);
    if (this.protocols.value !== '') values.append('protocols', this.protocols.value);
    return values;
  }

  apply(values: URLSearchParams): void {
    const taken = new Set(this.parameters.map(({ field }) => field.name));
    for (const input of this.parameters) input.value = values.get(input.field.name) ?? input.value;
    for (const input of this.query) {
      const { name } = input.field;
      input.value = values.get(taken.has(name) ? `query.${name}` : name) ?? input.value;
    }
    const isOwn = [...this.parameters, ...this.query].some(({ field }) => field.name === 'query');
    if (!isOwn) this.moreQuery.value = values.get('query') ?? this.moreQuery.value;
    this.protocols.value = values.get('protocols') ?? this.protocols.value;
  }

  focusFirst(): void {
    const empty = this.parameters.find(({ value }) => value === '');
    if (empty) empty.focus();
    else this.submit.focus();
  }

  /** Connects through the server from now on. */
  useRelay(): void {
    this.relay.checked = true;
    this.showWay();
    this.submit.focus();
  }

  private target(): Target {
    const isRelayed = this.relay.checked && this.parts.relay !== undefined;
    const query = this.query.flatMap(({ field, values }) =>
      values.map((value) => [field.name, value] as const),
    );
    const secrets = this.secrets.flatMap(([secret, { value }]) =>
      value === '' ? [] : [[secret, value] as const],
    );
    const inQuery = secrets.filter(([{ place }]) => place === 'query');
    return {
      route: this.route,
      server: this.server.value,
      relay: isRelayed ? this.parts.relay : undefined,
      parameters: Object.fromEntries(
        this.parameters.map(({ field, value }) => [field.name, value]),
      ),
      query: [
        ...query,
        ...new URLSearchParams(this.moreQuery.value),
        ...inQuery.map(([{ name }, value]) => [name, value] as const),
      ],
      headers: isRelayed ? this.headersOf(secrets) : [],
      protocols: this.protocols.value.split(/[\s,]+/).filter(Boolean),
    };
  }

  private headersOf(secrets: readonly (readonly [Secret, string])[]): [string, string][] {
    const more = this.moreHeaders.value.split('\n').flatMap((line): [string, string][] => {
      const at = line.indexOf(':');
      return at > 0 ? [[line.slice(0, at).trim(), line.slice(at + 1).trim()]] : [];
    });
    return [
      ...this.headers.flatMap(({ field, values }) =>
        values.map((value): [string, string] => [field.name, value]),
      ),
      ...secrets.flatMap(([secret, value]) => headerOf(secret, value)),
      ...more,
    ];
  }

  private secretInput(secret: Secret): readonly [Secret, HTMLInputElement, HTMLElement] {
    const control = h('input', { type: 'password', autocomplete: 'off', spellcheck: 'false' });
    control.value = this.parts.secrets.get(secret.id);
    control.addEventListener('input', () => this.parts.secrets.set(secret.id, control.value));
    const hint =
      secret.scheme === 'basic'
        ? 'name:password'
        : `${secret.scheme || secret.name}, ${secret.place}`;
    return [secret, control, labeled(secret.id, control, { hint })];
  }

  private build(): HTMLFormElement {
    const { route, parts } = this;
    const protocolHint =
      route.protocols.length > 0 ? `Known: ${route.protocols.join(', ')}` : undefined;
    const more = h(
      'details',
      { class: 'more' },
      h('summary', {}, 'More of the handshake'),
      h(
        'div',
        { class: 'fields' },
        labeled('Subprotocols', this.protocols, {
          hint: protocolHint,
          isRequired: route.needsProtocol,
        }),
        labeled('More query', this.moreQuery),
        parts.servers.length > 1 && labeled('Server', this.server),
      ),
    );
    more.open = route.protocols.length > 0;
    const fields = [...this.parameters, ...this.query].map(({ element }) => element);
    return h(
      'form',
      { class: 'connect', submit: (event) => this.submitted(event), novalidate: true },
      h('div', { class: 'fields' }, ...fields, ...this.secrets.map(([, , element]) => element)),
      this.unsent,
      parts.relay !== undefined &&
        h(
          'label',
          { class: 'check' },
          this.relay,
          'Through the server',
          h('span', { class: 'hint' }, ' sets headers, shows refusals and pings'),
        ),
      this.headerFields,
      more,
      h(
        'div',
        { class: 'actions' },
        this.submit,
        h('label', { class: 'check' }, this.reconnects, 'Reconnect'),
        h('span', { class: 'spacer' }),
        h(
          'span',
          { class: 'copies', role: 'group', 'aria-label': 'Copy as' },
          h('span', { class: 'hint' }, 'Copy as'),
          ...this.copies(),
        ),
      ),
    );
  }

  private copies(): HTMLElement[] {
    return SNIPPETS.map(([name, textOf]) =>
      button(
        name,
        () => {
          void copy(textOf(this.target())).then((isCopied) =>
            this.parts.say(
              isCopied ? `Copied as ${name}` : 'The browser does not let this page copy',
            ),
          );
        },
        { class: 'link' },
      ),
    );
  }

  /** Shows only fields that can be sent: pages cannot set headers without the relay. */
  private showWay(): void {
    const isRelayed = this.relay.checked;
    this.headerFields.hidden = !isRelayed;
    for (const [{ place }, , element] of this.secrets)
      element.hidden = place !== 'query' && !isRelayed;
    this.unsent.hidden = isRelayed || this.secrets.every(([{ place }]) => place === 'query');
  }

  private submitted(event: Event): void {
    event.preventDefault();
    // A path without its parameter is another path. The server refuses other missing parts.
    const wrong = this.parameters.filter((input) => !input.check());
    if (wrong.length === 0) {
      this.parts.connect(this.target(), this.reconnects.checked);
      return;
    }
    wrong[0]?.focus();
    this.parts.say(`${wrong.map(({ field }) => field.name).join(', ')}: required`);
  }
}

function unsentNote({ secrets }: Route): HTMLElement {
  const names = secrets.filter(({ place }) => place !== 'query').map(({ id }) => id);
  const text = `Asks for ${names.join(' or ')}. Pages cannot set headers; the browser sends its own cookies.`;
  return h('p', { class: 'hint' }, text);
}

function headerOf({ place, name, scheme }: Secret, value: string): [string, string][] {
  if (place === 'query') return [];
  if (place === 'cookie') return [['Cookie', `${name}=${value}`]];
  if (scheme === '') return [[name, value]];
  if (scheme === 'basic') return [[name, `Basic ${btoa(unescapeUtf8(value))}`]];
  return [[name, `${scheme.charAt(0).toUpperCase()}${scheme.slice(1)} ${value}`]];
}

/** Writes one character for each byte of UTF-8, as `btoa()` requires. */
function unescapeUtf8(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text));
}
