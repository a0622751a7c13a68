import type { Mode } from '../document/document.types.js';
import { h } from '../dom.js';

/** Arrows as in the log: down marks messages that come to this page. */
const MODES: Readonly<Record<Mode, readonly [arrow: string, text: string]>> = {
  twoWay: ['⇅', 'Messages go both ways'],
  receiveOnly: ['↑', 'The server receives, and sends nothing'],
  sendOnly: ['↓', 'The server sends, and ignores what it is sent'],
};

export function modeMark(mode: Mode): HTMLElement {
  const [arrow, text] = MODES[mode];
  return h('span', { class: `mark ${mode}`, title: text, 'aria-hidden': 'true' }, arrow);
}

export function modeBadge(mode: Mode): HTMLElement {
  return h('span', { class: `badge ${mode}`, title: MODES[mode][1] }, modeMark(mode), ` ${mode}`);
}

export function modeText(mode: Mode): string {
  return MODES[mode][1];
}

/** Writes a path with its parameters highlighted. */
export function pathText(path: string): HTMLElement {
  const parts = path.split(/([:*][^/]+)/);
  return h(
    'span',
    { class: 'path' },
    ...parts.map((part) => (/^[:*]./.test(part) ? h('em', {}, part) : part)),
  );
}
