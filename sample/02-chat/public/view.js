const element = (id) => document.getElementById(id);

const messages = element('messages');
const members = element('members');
const typing = element('typing');

const MESSAGES_KEPT = 500;
const TYPING_SHOWN_MS = 3000;

let typingTimer;

export function clearMessages() {
  messages.replaceChildren();
}

/** The first of several messages in a row shows who says them. */
export function addSaid({ from, text, at }, ownName) {
  const row = make('div', 'said');
  row.dataset.from = from;
  row.classList.toggle('own', from === ownName);
  row.classList.toggle('more', messages.lastElementChild?.dataset.from === from);
  const by = make('div', 'by');
  by.append(make('strong', '', from), timeOf(at));
  row.append(avatarOf(from), by, make('div', 'text', text));
  addRow(row);
}

export function addNote(text) {
  addRow(make('p', 'note', text));
}

export function showMembers(names, ownName) {
  members.replaceChildren(
    ...names.map((name) => {
      const item = make('li', '');
      item.append(avatarOf(name), make('span', '', name === ownName ? `${name} (you)` : name));
      return item;
    }),
  );
}

/** For a moment; an empty name hides it. */
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

/** The same colour for the same name in every tab. */
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
