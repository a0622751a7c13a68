import { h } from '../dom.js';
import { isFields, listOf } from '../values.js';

/** Most members shown of one list or object. */
const MOST_MEMBERS = 200;

/** Shows JSON that folds. Builds a folded part when you open it. */
export function jsonTree(value: unknown, name?: string, depth = 0): HTMLElement {
  const label = name === undefined ? undefined : h('span', { class: 'key' }, `${name}: `);
  const members = membersOf(value);
  if (members === undefined || members.length === 0)
    return h(
      'div',
      { class: 'leaf' },
      label,
      h('span', { class: kindOf(value) }, JSON.stringify(value)),
    );
  const isList = Array.isArray(value);
  const count = `${isList ? '[' : '{'} ${members.length} ${isList ? ']' : '}'}`;
  const details = h(
    'details',
    { class: 'branch' },
    h('summary', {}, label, h('span', { class: 'count' }, count)),
  );
  const fill = (): void => {
    if (!details.open || details.children.length > 1) return;
    const shown = members.slice(0, MOST_MEMBERS);
    details.append(...shown.map(([key, member]) => jsonTree(member, key, depth + 1)));
    if (members.length > MOST_MEMBERS)
      details.append(h('div', { class: 'leaf' }, `and ${members.length - MOST_MEMBERS} more`));
  };
  details.addEventListener('toggle', fill);
  details.open = depth < 2;
  fill();
  return details;
}

function membersOf(value: unknown): [string, unknown][] | undefined {
  if (Array.isArray(value)) return listOf(value).map((item, at) => [String(at), item]);
  return isFields(value) ? Object.entries(value) : undefined;
}

function kindOf(value: unknown): string {
  return value === null ? 'null' : typeof value;
}
