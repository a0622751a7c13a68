import { showNodes } from './nodes.js';
import { openRooms } from './rooms.js';
import { addNote, addSaid, clearMessages, element, showProblem, showStatus } from './view.js';

const [name, message, send, join] = ['name', 'message', 'send', 'join'].map(element);

const MISSING = 'Messages may be missing here';

const query = new URLSearchParams(location.search);
const roomName = query.get('room') ?? 'lobby';
name.value = query.get('name') ?? '';
name.focus();

/** The current connection, if any. It outlives its sockets. */
let rooms;
/** From the last welcome. */
let you;
let comebacks = 0;
/** Messages not yet confirmed: the page sends them again after each reconnect, with the same id. */
const unheard = new Map();
/** Whether a node is up, by its name. */
const nodes = new Map();
/** By the page's key. */
const people = new Map();

const receive = {
  welcome(welcome) {
    if (you) comebacks += 1;
    you = welcome.you;
    for (const node of welcome.nodes) if (!nodes.has(node)) nodes.set(node, true);
    showState('connected');
    for (const [id, text] of unheard) rooms.send({ type: 'say', id, text });
  },
  said(said) {
    unheard.delete(said.id);
    addSaid(said, you?.key);
  },
  up({ node }) {
    nodes.set(node, true);
  },
  down({ node }) {
    nodes.set(node, false);
  },
  here({ present }) {
    people.clear();
    for (const { key, member } of present) people.set(key, member);
  },
  joined({ key, member }) {
    people.set(key, member);
  },
  updated({ key, member }) {
    people.set(key, member);
  },
  left({ key }) {
    people.delete(key);
  },
  /** The node lost contact with the others, and sends `here` when it is back. */
  unknown() {
    people.clear();
  },
};

const on = {
  message(event) {
    if ('error' in event) showProblem([event.error.message].flat().join('. '));
    else receive[event.type](event);
    showNodes(nodes, people, you);
  },
  start(room) {
    if (!room.startsWith('chat/')) return;
    clearMessages();
    if (you) addNote(MISSING);
  },
  gap(room) {
    if (room.startsWith('chat/')) addNote(MISSING);
  },
  lost() {
    showState('connecting');
  },
  end(reason) {
    rooms = undefined;
    you = undefined;
    comebacks = 0;
    people.clear();
    showState('disconnected');
    showNodes(nodes, people, you);
    showProblem(reason);
  },
};

function enter() {
  showProblem('');
  showState('connecting');
  const host = `${location.protocol.replace('http', 'ws')}//${location.host}`;
  // Identifies this page across all of its connections.
  const own = new URLSearchParams({ name: name.value.trim(), page: crypto.randomUUID() });
  rooms = openRooms(`${host}/chat/${encodeURIComponent(roomName)}?${own}`, on);
}

function showState(state) {
  const texts = {
    connected: `Served by node ${you?.node}${comebacks > 0 ? `, reconnected ${comebacks}×` : ''}`,
    connecting: you ? 'Connection lost: reconnecting…' : 'Joining…',
    disconnected: 'Not in the room',
  };
  showStatus(state, texts[state]);
  join.textContent = state === 'disconnected' ? 'Join' : 'Leave';
  name.readOnly = state !== 'disconnected';
  // Stays enabled while the connection is lost: messages are sent when it is back.
  send.disabled = you === undefined;
}

element('joining').addEventListener('submit', (event) => {
  event.preventDefault();
  if (rooms) rooms.close();
  else enter();
});

element('saying').addEventListener('submit', (event) => {
  event.preventDefault();
  const text = message.value.trim();
  if (!rooms || text === '') return;
  const id = crypto.randomUUID();
  unheard.set(id, text);
  rooms.send({ type: 'say', id, text });
  message.value = '';
});

element('room-title').textContent = roomName;
element('another').href = `?room=${encodeURIComponent(roomName)}`;
showState('disconnected');
