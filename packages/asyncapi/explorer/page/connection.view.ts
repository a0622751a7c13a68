import { button, freshId, h, labeled } from '../dom.js';
import { messageOf } from '../values.js';
import { isClosable } from '../wire/close.codes.js';
import type { Connection } from '../wire/connection.js';
import { FrameList } from './frame.list.js';

/** RFC 6455, section 5.5: a control frame has at most 125 bytes, and two of them are the code. */
const MOST_REASON = 123;

export interface ConnectionViewParts {
  readonly hasRelay: boolean;
  readonly say: (text: string) => void;
  readonly remove: (connection: Connection) => void;
  readonly useRelay: () => void;
}

/** One connection: its state, its controls to end it, and its log. */
export class ConnectionView {
  readonly element: HTMLElement;
  private readonly status = h('strong', { class: 'status' });
  private readonly again = button('Connect again', () => this.connection.open());
  private readonly leave = button('Disconnect', () => this.close());
  private readonly code = h('input', {
    type: 'text',
    inputmode: 'numeric',
    value: '1000',
    autocomplete: 'off',
  });
  private readonly reason = h('input', { type: 'text', autocomplete: 'off' });
  private readonly fault = h('p', { class: 'faults', role: 'alert' });
  private readonly reconnects = h('input', { type: 'checkbox' });
  private readonly leaving = h(
    'details',
    { class: 'more leaving' },
    h('summary', {}, 'Close code and reason'),
    h('div', { class: 'fields' }, labeled('Code', this.code), labeled('Reason', this.reason)),
    this.fault,
  );
  private readonly frames: FrameList;
  private readonly release: () => void;
  private readonly timer: number;

  constructor(
    readonly connection: Connection,
    private readonly parts: ConnectionViewParts,
  ) {
    this.frames = new FrameList(connection.log, {
      say: (text) => parts.say(text),
      explainRefusal: () => explanation(parts),
    });
    this.reconnects.checked = connection.reconnects;
    this.reconnects.addEventListener('change', () =>
      connection.setReconnects(this.reconnects.checked),
    );
    this.element = this.build();
    this.release = connection.onChange(() => this.show());
    this.timer = window.setInterval(() => this.show(), 500);
    this.show();
  }

  dispose(): void {
    window.clearInterval(this.timer);
    this.release();
    this.frames.dispose();
    this.element.remove();
  }

  private build(): HTMLElement {
    const { connection, parts } = this;
    return h(
      'div',
      {
        class: 'connection',
        role: 'tabpanel',
        id: freshId(),
        'aria-label': `Connection ${connection.number}`,
      },
      h(
        'div',
        { class: 'statusbar' },
        h('span', { class: 'dot' }),
        this.status,
        h('span', { class: 'spacer' }),
        h('label', { class: 'check' }, this.reconnects, 'Reconnect'),
        this.again,
        this.leave,
        button('Remove', () => parts.remove(connection), { class: 'link' }),
      ),
      this.leaving,
      this.frames.element,
    );
  }

  private show(): void {
    const { state } = this.connection;
    const isEnded = state === 'closed' || state === 'waiting';
    this.element.dataset['state'] = state;
    this.again.hidden = !isEnded;
    this.again.textContent = state === 'waiting' ? 'Now' : 'Connect again';
    this.leave.hidden = state === 'closed';
    this.leaving.hidden = isEnded;
    this.leave.textContent = state === 'waiting' ? 'Stop' : 'Disconnect';
    const text = this.text();
    if (this.status.textContent !== text) this.status.textContent = text;
  }

  private text(): string {
    const { state, retryAt, protocol } = this.connection;
    if (state === 'connecting') return 'Connecting';
    if (state === 'waiting')
      return `Reconnects in ${Math.max(0, Math.ceil((retryAt - Date.now()) / 1000))} s`;
    if (state === 'closed') return 'Closed';
    return protocol === '' ? 'Open' : `Open · ${protocol}`;
  }

  private close(): void {
    const code = Number(this.code.value);
    const isRelayed = this.connection.target.relay !== undefined;
    const reason = this.reason.value;
    this.fault.textContent = '';
    try {
      if (!isClosable(code, isRelayed))
        throw new RangeError(
          isRelayed ? 'Use 1000–1014 or 3000–4999.' : 'Pages may close with 1000 or 3000–4999.',
        );
      if (new TextEncoder().encode(reason).length > MOST_REASON)
        throw new RangeError(`A reason has at most ${MOST_REASON} bytes.`);
      this.connection.close(code, reason);
    } catch (error) {
      this.fault.textContent = messageOf(error);
    }
  }
}

function explanation({ hasRelay, useRelay }: ConnectionViewParts): HTMLElement {
  const why =
    'Browsers tell a page nothing of a handshake that failed: neither status nor body, nor whether there was a server at all. ';
  if (hasRelay)
    return h(
      'p',
      {},
      why,
      'The server can tell: ',
      button('connect through the server', useRelay, { class: 'link' }),
      '.',
    );
  return h(
    'p',
    {},
    why,
    'To see them, let the server relay with ',
    h('code', {}, 'relay: true'),
    ' of AsyncApiModule.forRoot(), or refuse with close codes by ',
    h('code', {}, "refusal: 'close'"),
    '. The network tab of the developer tools knows as well.',
  );
}
