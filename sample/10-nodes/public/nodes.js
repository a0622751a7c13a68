import { element, make } from './view.js';

const list = element('nodes');

/**
 * @param nodes Whether each node is up, by name.
 * @param people By key, `{ name, node }`.
 * @param you `{ key }`, if you are in the room.
 */
export function showNodes(nodes, people, you) {
  list.replaceChildren(...[...nodes].map(([node, isUp]) => nodeOf(node, isUp, people, you)));
}

function nodeOf(node, isUp, people, you) {
  const item = make('li', isUp ? 'node' : 'node down');
  const kill = make('button', '', 'Kill');
  kill.type = 'button';
  kill.disabled = !isUp || !you;
  kill.setAttribute('aria-label', `Kill node ${node}`);
  kill.addEventListener('click', () => void killNode(node));
  const bar = make('div', 'bar');
  bar.append(make('h3', '', `Node ${node}`), kill);
  item.append(
    bar,
    make('p', 'quiet', isUp ? 'up' : 'killed, restarting'),
    peopleOf(node, people, you),
  );
  return item;
}

function peopleOf(node, people, you) {
  const own = make('ul', '');
  own.setAttribute('aria-label', `Served by node ${node}`);
  const here = [...people].filter(([, person]) => person.node === node);
  here.sort(([, one], [, other]) => (one.name < other.name ? -1 : 1));
  for (const [key, { name }] of here)
    own.append(make('li', '', key === you?.key ? `${name} (you)` : name));
  return own;
}

/** Any node may get the request; the named one obeys a moment later. */
async function killNode(node) {
  const answer = await fetch(`nodes/${node}/kill`, { method: 'POST' });
  await answer.text();
}
