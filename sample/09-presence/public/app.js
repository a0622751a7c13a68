import { moveCursor, removeCursor, removeCursors, showPeople } from './board.js';
import { watchPeople } from './who.js';

const element = (id) => document.getElementById(id);
const [board, name, problem, status] = ['board', 'name', 'problem', 'status'].map(element);

const MOVE_EVERY_MS = 40;
const AGAIN_AFTER_MS = 1000;
const FORBIDDEN = 4403;

/** Of this window, and the same after a reload. */
const own = sessionStorage;
own.personKey ??= crypto.randomUUID();
own.personName ??= `Guest ${own.personKey.slice(0, 4)}`;
name.value = own.personName;

const boardName = new URLSearchParams(location.search).get('board') ?? 'lobby';
element('board-title').textContent = boardName;
element('another').href = `?board=${encodeURIComponent(boardName)}`;

/** The current connection, if any. */
let socket;
let pointer;
let moving;

const receive = {
  moved: moveCursor,
  gone: removeCursor,
};

function enter() {
  const host = `${location.protocol.replace('http', 'ws')}//${location.host}`;
  const path = `/boards/${encodeURIComponent(boardName)}`;
  const opening = new WebSocket(
    `${host}${path}?${new URLSearchParams({ key: own.personKey, name: own.personName })}`,
  );
  let who;
  opening.addEventListener('message', ({ data }) => {
    const event = JSON.parse(data);
    if ('error' in event) problem.textContent = [event.error.message].flat().join('. ');
    else receive[event.type](event);
  });
  opening.addEventListener('open', () => {
    socket = opening;
    show('connected', 'Live');
    who = watchPeople(`${host}${path}/who`, (people) => {
      own.personName = people.get(own.personKey)?.name ?? own.personName;
      showPeople(people, own.personKey);
    });
  });
  opening.addEventListener('close', ({ code, reason }) => {
    socket = undefined;
    who?.close(1000);
    showPeople(new Map(), own.personKey);
    removeCursors();
    show('disconnected', reason || 'Connection lost');
    if (code !== FORBIDDEN) setTimeout(enter, AGAIN_AFTER_MS);
  });
}

function show(state, text) {
  status.dataset.state = state;
  status.textContent = text;
}

const send = (message) => socket?.send(JSON.stringify(message));

// Not each move: the newest, every now and then.
board.addEventListener('pointermove', ({ clientX, clientY }) => {
  pointer = { clientX, clientY };
  moving ??= setTimeout(() => {
    moving = undefined;
    send({ type: 'move', ...shareOfBoard(pointer) });
  }, MOVE_EVERY_MS);
});

board.addEventListener('pointerleave', () => {
  clearTimeout(moving);
  moving = undefined;
  send({ type: 'hide' });
});

/** The board is not of the same size in all windows. */
function shareOfBoard({ clientX, clientY }) {
  const { left, top, width, height } = board.getBoundingClientRect();
  const share = (part, whole) => Math.min(1, Math.max(0, part / whole));
  return { x: share(clientX - left, width), y: share(clientY - top, height) };
}

element('naming').addEventListener('submit', (event) => {
  event.preventDefault();
  problem.textContent = '';
  send({ type: 'rename', name: name.value.trim() });
});

enter();
