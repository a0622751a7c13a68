import { button, download, h, selectOf } from '../dom.js';
import { asJsonLines, type Frame, type FrameLog } from '../wire/frame.log.js';
import { frameRow, type RowParts } from './frame.row.js';

/** The list follows new frames if it is scrolled this close to its end, in px. */
const NEAR = 40;

/** The live log of one connection. */
export class FrameList {
  readonly element: HTMLElement;
  private readonly list = h('ol', {
    class: 'frames',
    role: 'log',
    'aria-live': 'off',
    'aria-label': 'Frames',
    tabindex: 0,
  });
  private readonly search = h('input', {
    type: 'search',
    placeholder: 'Filter',
    'aria-label': 'Filter frames',
    autocomplete: 'off',
  });
  private readonly kinds: HTMLSelectElement;
  private readonly pause = button('Pause', () => this.togglePause(), { 'aria-pressed': 'false' });
  private readonly release: () => void;
  private isPaused = false;
  /** The id of the newest frame that the list showed or the filter left out. */
  private lastId = 0;
  private request: number | undefined;

  constructor(
    private readonly log: FrameLog,
    private readonly parts: RowParts,
  ) {
    this.kinds = selectOf(
      [
        ['all', 'All'],
        ['in', 'Received'],
        ['out', 'Sent'],
        ['none', 'Events'],
      ],
      { 'aria-label': 'Show', change: () => this.renew() },
    );
    this.search.addEventListener('input', () => this.renew());
    this.element = h(
      'div',
      { class: 'log' },
      h(
        'div',
        { class: 'toolbar' },
        this.search,
        this.kinds,
        this.pause,
        button('Clear', () => log.clear()),
        button('Download', () =>
          download('frames.jsonl', asJsonLines(log.frames), 'application/jsonl'),
        ),
      ),
      this.list,
    );
    this.release = log.onChange(() => this.schedule());
    this.renew();
  }

  dispose(): void {
    this.release();
    if (this.request !== undefined) cancelAnimationFrame(this.request);
  }

  /** Defers drawing, because a feed may be faster than a screen. */
  private schedule(): void {
    this.request ??= requestAnimationFrame(() => {
      this.request = undefined;
      this.update();
    });
  }

  private update(): void {
    const { frames } = this.log;
    const fresh = frames.filter(({ id }) => id > this.lastId);
    if (this.isPaused && frames.length > 0) {
      this.pause.textContent = fresh.length > 0 ? `Resume (${fresh.length})` : 'Resume';
      return;
    }
    const isAtEnd = this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < NEAR;
    this.removeBefore(frames[0]?.id ?? Number.POSITIVE_INFINITY);
    this.list.append(
      ...fresh.filter((frame) => this.isShown(frame)).map((frame) => frameRow(frame, this.parts)),
    );
    this.lastId = frames.at(-1)?.id ?? this.lastId;
    if (isAtEnd) this.list.scrollTop = this.list.scrollHeight;
  }

  private removeBefore(id: number): void {
    let first = this.list.firstElementChild;
    while (first instanceof HTMLElement && Number(first.dataset['frame']) < id) {
      first.remove();
      first = this.list.firstElementChild;
    }
  }

  private renew(): void {
    this.list.replaceChildren();
    this.lastId = 0;
    const wasPaused = this.isPaused;
    this.isPaused = false;
    this.update();
    this.isPaused = wasPaused;
    this.list.scrollTop = this.list.scrollHeight;
  }

  private isShown({ direction, kind, payload, title = '', detail = '' }: Frame): boolean {
    const isControl = kind === 'ping' || kind === 'pong';
    const wanted = this.kinds.value;
    if (wanted !== 'all' && wanted !== (isControl ? 'none' : direction)) return false;
    const text = this.search.value.toLowerCase();
    if (text === '') return true;
    const content = typeof payload === 'string' ? payload : '';
    return `${kind} ${title} ${detail} ${content}`.toLowerCase().includes(text);
  }

  private togglePause(): void {
    this.isPaused = !this.isPaused;
    this.pause.setAttribute('aria-pressed', String(this.isPaused));
    this.pause.textContent = this.isPaused ? 'Resume' : 'Pause';
    if (!this.isPaused) this.update();
  }
}
