const board = document.getElementById('board');
const list = document.getElementById('people');

/** By their owners' keys. */
const cursors = new Map();
let people = new Map();

export function showPeople(now, ownKey) {
  people = now;
  const sorted = [...people].toSorted(([one], [other]) => (one < other ? -1 : 1));
  list.replaceChildren(
    ...sorted.map(([key, { name, color }]) => {
      const item = document.createElement('li');
      item.textContent = key === ownKey ? `${name} (you)` : name;
      item.style.setProperty('--color', color);
      return item;
    }),
  );
  for (const [key, cursor] of cursors) dress(cursor, key);
}

export function moveCursor({ key, x, y }) {
  const cursor = cursors.get(key) ?? newCursor(key);
  cursor.style.left = `${x * 100}%`;
  cursor.style.top = `${y * 100}%`;
}

export function removeCursor({ key }) {
  cursors.get(key)?.remove();
  cursors.delete(key);
}

export function removeCursors() {
  for (const key of cursors.keys()) removeCursor({ key });
}

function newCursor(key) {
  const cursor = document.createElement('div');
  cursor.className = 'cursor';
  cursor.append(document.createElement('span'));
  cursors.set(key, cursor);
  dress(cursor, key);
  board.append(cursor);
  return cursor;
}

/** Hidden until its owner is known. */
function dress(cursor, key) {
  const owner = people.get(key);
  cursor.hidden = !owner;
  if (!owner) return;
  cursor.firstElementChild.textContent = owner.name;
  cursor.style.setProperty('--color', owner.color);
}
