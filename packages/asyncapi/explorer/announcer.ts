import { h } from './dom.js';

/** Minimum time between two announcements, in ms: a feed of a thousand messages a second must not drown a reader. */
const PAUSE = 1000;

/** Tells screen readers what changed, and how much if there was a lot. */
export class Announcer {
  readonly element = h('div', { class: 'unseen', role: 'status', 'aria-live': 'polite' });
  private waiting: string[] = [];
  private timer: number | undefined;

  say(text: string): void {
    this.waiting.push(text);
    if (this.timer === undefined) this.flush();
  }

  private readonly flush = (): void => {
    const texts = this.waiting.splice(0);
    this.timer = undefined;
    if (texts.length === 0) return;
    const more = texts.length > 3 ? `${texts.length - 1} more before: ` : '';
    this.element.textContent = texts.length > 3 ? `${more}${texts.at(-1) ?? ''}` : texts.join('. ');
    this.timer = window.setTimeout(this.flush, PAUSE);
  };
}
