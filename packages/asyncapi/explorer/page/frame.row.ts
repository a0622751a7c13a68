import { button, copy, download, h, type Child } from '../dom.js';
import { parsed } from '../values.js';
import { hexDump, sizeText, toHex } from '../wire/bytes.js';
import { UNKNOWN, type Frame } from '../wire/frame.log.js';
import { jsonTree } from './json.tree.js';

const ARROWS = { in: '↓', out: '↑', none: '·' };
const NAMES = { in: 'received', out: 'sent', none: '' };
/** The row does not parse longer texts as JSON. */
const MOST_PARSED = 1_000_000;
const MOST_SHOWN = 20_000;

export interface RowParts {
  readonly say: (text: string) => void;
  /** Explains a handshake that failed. */
  readonly explainRefusal: () => HTMLElement;
}

/** Creates a line of the log. A message opens to show its whole content. */
export function frameRow(frame: Frame, parts: RowParts): HTMLElement {
  const outcome = hasFailed(frame) ? ' failed' : '';
  const attributes = {
    class: `frame ${frame.direction} ${frame.kind}${outcome}`,
    'data-frame': frame.id,
  };
  if (frame.payload === undefined || frame.title !== undefined)
    return h(
      'li',
      attributes,
      h('div', { class: 'line' }, ...headOf(frame), eventOf(frame, parts)),
    );
  const details = h(
    'details',
    {},
    h('summary', { class: 'line' }, ...headOf(frame), previewOf(frame)),
  );
  details.addEventListener('toggle', () => {
    if (details.open && details.children.length === 1) details.append(bodyOf(frame, parts));
  });
  return h('li', attributes, details);
}

function headOf({ direction, kind, at, since, size, payload }: Frame): Child[] {
  const time = new Date(at);
  const isMessage = payload !== undefined;
  return [
    h('span', { class: 'arrow', 'aria-hidden': 'true' }, ARROWS[direction]),
    h('span', { class: 'unseen' }, `${NAMES[direction]} ${kind} `),
    h('time', { datetime: time.toISOString() }, clock(time)),
    h(
      'span',
      { class: 'meta' },
      kind === 'text' || !isMessage ? undefined : h('b', {}, `${kind} `),
      isMessage && `${sizeText(size)} `,
      since !== undefined && h('span', { class: 'since' }, `+${delta(since)}`),
    ),
  ];
}

function previewOf({ payload = '', kind }: Frame): HTMLElement {
  if (typeof payload !== 'string')
    return h('span', { class: 'preview' }, toHex(payload.subarray(0, 48)) || `an empty ${kind}`);
  const text = payload.slice(0, 400).replaceAll(/\s+/g, ' ');
  return h(
    'span',
    { class: payload === '' ? 'preview hint' : 'preview' },
    text || 'an empty message',
  );
}

/** Whether the connection ended before it was open. */
function hasFailed({ kind, detail }: Frame): boolean {
  return kind === 'close' && detail === UNKNOWN;
}

function eventOf(frame: Frame, parts: RowParts): HTMLElement {
  const { title = '', detail, kind } = frame;
  const explained = hasFailed(frame);
  return h(
    'div',
    { class: 'event' },
    h('strong', {}, title),
    explained
      ? parts.explainRefusal()
      : detail !== undefined && detail !== '' && h(kind === 'close' ? 'p' : 'pre', {}, detail),
  );
}

function bodyOf({ payload = '' }: Frame, { say }: RowParts): HTMLElement {
  const isText = typeof payload === 'string';
  const found =
    isText && payload.length <= MOST_PARSED && /^\s*[[{]/.test(payload)
      ? parsed(payload)
      : undefined;
  const content = found
    ? h('div', { class: 'tree' }, jsonTree(found.value))
    : h('pre', {}, isText ? payload.slice(0, MOST_SHOWN) : hexDump(payload));
  const copied = isText ? payload : toHex(payload);
  return h(
    'div',
    { class: 'body' },
    content,
    isText &&
      payload.length > MOST_SHOWN &&
      !found &&
      h('p', { class: 'hint' }, `The first ${MOST_SHOWN} characters; copy it for all.`),
    h(
      'div',
      { class: 'actions' },
      button(
        isText ? 'Copy' : 'Copy as hex',
        () =>
          void copy(copied).then((done) =>
            say(done ? 'Copied' : 'The browser does not let this page copy'),
          ),
        { class: 'link' },
      ),
      !isText &&
        button('Save', () => download('message.bin', payload, 'application/octet-stream'), {
          class: 'link',
        }),
    ),
  );
}

function clock(time: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const ms = String(time.getMilliseconds()).padStart(3, '0');
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}.${ms}`;
}

function delta(ms: number): string {
  if (ms < 1000) return `${ms} ms`;
  return ms < 60_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000 / 60)} min`;
}
