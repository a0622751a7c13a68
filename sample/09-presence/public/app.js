import { createClient } from 'nestjs-revali-ws-client';
import { moveCursor, removeCursor, removeCursors, showPeople } from './board.js';
import { watchPeople } from './who.js';

const element = (id) => document.getElementById(id);
const [board, name, problem, status] = ['board', 'name', 'problem', 'status'].map(element);

const MOVE_EVERY_MS = 40;

/** Belongs to this window, and survives a reload. */
const own = sessionStorage;
own.personKey ??= crypto.randomUUID();
own.personName ??= `Guest ${own.personKey.slice(0, 4)}`;
name.value = own.personName;

const boardName = new URLSearchParams(location.search).get('board') ?? 'lobby';
element('board-title').textContent = boardName;
element('another').href = `?board=${encodeURIComponent(boardName)}`;

let pointer;
let moving;

const receive = {
  moved: moveCursor,
  gone: removeCursor,
};

const ws = createClient({ url: '/' });
const params = { board: boardName };
const connection = ws.connect('/boards/:board', {
  params,
  // Called before each attempt: after a rename, you come back under the new name.
  auth: () => ({ query: { key: own.personKey, name: own.personName } }),
});
connection.on('message', (event) => {
  if ('error' in event) problem.textContent = [event.error.message].flat().join('. ');
  else receive[event.type](event);
});
connection.on('state', (state) => state === 'open' && show('connected', 'Live'));
connection.on('close', ({ reason }) => {
  removeCursors();
  // Later attempts add nothing new.
  if (status.dataset.state !== 'disconnected') show('disconnected', reason || 'Connection lost');
});

const who = watchPeople(ws, params, (people) => {
  own.personName = people.get(own.personKey)?.name ?? own.personName;
  showPeople(people, own.personKey);
});
void connection.closed.then(() => who.close());

function show(state, text) {
  status.dataset.state = state;
  status.textContent = text;
}

// Pointer positions from while the server was down are useless later.
const tell = (message) => void connection.send(message, { queue: false });

// Sends only the latest move, at intervals.
board.addEventListener('pointermove', ({ clientX, clientY }) => {
  pointer = { clientX, clientY };
  moving ??= setTimeout(() => {
    moving = undefined;
    tell({ type: 'move', ...shareOfBoard(pointer) });
  }, MOVE_EVERY_MS);
});

board.addEventListener('pointerleave', () => {
  clearTimeout(moving);
  moving = undefined;
  tell({ type: 'hide' });
});

/** The board's size differs between windows. */
function shareOfBoard({ clientX, clientY }) {
  const { left, top, width, height } = board.getBoundingClientRect();
  const share = (part, whole) => Math.min(1, Math.max(0, part / whole));
  return { x: share(clientX - left, width), y: share(clientY - top, height) };
}

element('naming').addEventListener('submit', (event) => {
  event.preventDefault();
  problem.textContent = '';
  void connection.send({ type: 'rename', name: name.value.trim() });
});
