const element = (id) => document.getElementById(id);

const messages = element('messages');
const members = element('members');
const typing = element('typing');

const MESSAGES_KEPT = 500;
const TYPING_SHOWN_MS = 3000;

let typingTimer;
/** The key of this page's member. */
let ownKey;

export function clearMessages() {
  ownKey = undefined;
  messages.replaceChildren();
}

/** Marks this member's messages, both those shown and those still to come. */
export function markOwn(key) {
  ownKey = key;
  for (const row of messages.children) row.classList.toggle('own', row.dataset.from === key);
}

/** Only the first of several messages in a row shows its sender. */
export function addSaid({ from: { key, name }, text, at }) {
  const row = make('div', 'said');
  row.dataset.from = key;
  row.classList.toggle('own', key === ownKey);
  row.classList.toggle('more', messages.lastElementChild?.dataset.from === key);
  const by = make('div', 'by');
  by.append(make('strong', '', name), timeOf(at));
  row.append(avatarOf(name), by, make('div', 'text', text));
  addRow(row);
}

export function addNote(text) {
  addRow(make('p', 'note', text));
}

/** @param names Each member's name, by key. */
export function showMembers(names) {
  const sorted = [...names].toSorted(([one], [other]) => (one < other ? -1 : 1));
  members.replaceChildren(
    ...sorted.map(([key, name]) => {
      const item = make('li', '');
      item.append(avatarOf(name), make('span', '', key === ownKey ? `${name} (you)` : name));
      return item;
    }),
  );
}

/** Shows who is typing for a moment; an empty name hides it. */
export function showTyping(name) {
  clearTimeout(typingTimer);
  typing.textContent = name === '' ? '' : `${name} is typing…`;
  if (name !== '') typingTimer = setTimeout(() => showTyping(''), TYPING_SHOWN_MS);
}

function addRow(row) {
  const atEnd = messages.scrollHeight - messages.scrollTop - messages.clientHeight < 8;
  messages.append(row);
  while (messages.childElementCount > MESSAGES_KEPT) messages.firstElementChild.remove();
  if (atEnd) messages.scrollTop = messages.scrollHeight;
}

/** A name has the same color in every tab. */
function avatarOf(name) {
  const avatar = make('span', 'avatar', Array.from(name)[0].toUpperCase());
  let hue = 0;
  for (const character of name) hue = (hue * 31 + character.codePointAt(0)) % 360;
  avatar.style.setProperty('--hue', hue);
  avatar.setAttribute('aria-hidden', 'true');
  return avatar;
}

function timeOf(at) {
  const time = make('time', '');
  time.dateTime = at;
  time.textContent = new Date(at).toLocaleTimeString(undefined, {
    hourCycle: 'h23',
    hour: '2-digit',
    minute: '2-digit',
  });
  return time;
}

function make(tag, className, text = '') {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}
