export const element = (id) => document.getElementById(id);

const [messages, status, problem] = ['messages', 'status', 'problem'].map(element);

const MESSAGES_KEPT = 500;

export function clearMessages() {
  messages.replaceChildren();
}

/** Each message shows which node it came through. */
export function addSaid({ from: { key, name, node }, text }, ownKey) {
  const row = make('p', key === ownKey ? 'said own' : 'said');
  row.append(
    make('strong', '', name),
    make('span', 'by quiet', `by node ${node}`),
    make('span', 'text', text),
  );
  addRow(row);
}

export function addNote(text) {
  addRow(make('p', 'note quiet', text));
}

export function showStatus(state, text) {
  status.dataset.state = state;
  status.textContent = text;
}

export function showProblem(text) {
  problem.textContent = text;
}

export function make(tag, className, text = '') {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

function addRow(row) {
  const atEnd = messages.scrollHeight - messages.scrollTop - messages.clientHeight < 8;
  messages.append(row);
  while (messages.childElementCount > MESSAGES_KEPT) messages.firstElementChild.remove();
  if (atEnd) messages.scrollTop = messages.scrollHeight;
}
