import { watchMembers } from './members.js';
import { addNote, addSaid, clearMessages, markOwn, showTyping } from './view.js';

const element = (id) => document.getElementById(id);

const status = element('status');
const name = element('name');
const room = element('room');
const join = element('join');
const problem = element('problem');
const message = element('message');
const send = element('send');
const refusal = element('refusal');
const invite = element('invite');

const TYPING_EVERY_MS = 2000;

const states = {
  disconnected: { text: 'Not in a room', action: 'Join' },
  connecting: { text: 'Joining…', action: 'Cancel' },
  connected: { text: 'In the room', action: 'Leave' },
};

/** The current connection, if any. */
let socket;
/** Put back into the field when the server does not accept it. */
let lastSent = '';
let typingSentAt = 0;

const query = new URLSearchParams(location.search);
room.value = query.get('room') ?? room.value;
name.value = query.get('name') ?? '';
name.focus();

element('joining').addEventListener('submit', (event) => {
  event.preventDefault();
  if (socket) socket.close(1000, 'Left');
  else enter(name.value.trim(), room.value.trim());
});

element('saying').addEventListener('submit', (event) => {
  event.preventDefault();
  if (socket?.readyState !== WebSocket.OPEN) return;
  lastSent = message.value;
  socket.send(JSON.stringify({ type: 'say', text: message.value }));
  message.value = '';
  typingSentAt = 0;
  showRefusal('');
  message.focus();
});

message.addEventListener('input', () => {
  const now = Date.now();
  if (socket?.readyState !== WebSocket.OPEN || now - typingSentAt < TYPING_EVERY_MS) return;
  typingSentAt = now;
  socket.send(JSON.stringify({ type: 'typing' }));
});

function enter(ownName, roomName) {
  showProblem('');
  showRefusal('');
  showState('connecting');
  clearMessages();
  const address = addressOf(ownName, roomName);
  const opening = new WebSocket(address(''));
  let who;
  socket = opening;
  const receive = receiver(roomName, (ownKey) => {
    who = watchMembers(address('/who'), ownKey);
  });
  opening.addEventListener('message', ({ data }) => receive(JSON.parse(data)));
  opening.addEventListener('close', ({ code, reason }) => {
    who?.close(1000, 'Left');
    socket = undefined;
    showState('disconnected');
    showTyping('');
    if (code !== 1000) showProblem(problemOf(code, reason));
  });
}

function addressOf(ownName, roomName) {
  const host = `${location.protocol.replace('http', 'ws')}//${location.host}`;
  const named = new URLSearchParams({ name: ownName });
  return (path) => `${host}/chat/${encodeURIComponent(roomName)}${path}?${named}`;
}

/** One function for each type of event. What was said before comes first, then the welcome. */
function receiver(roomName, onWelcome) {
  const receive = {
    said(said) {
      addSaid(said);
      showTyping('');
    },
    welcome({ you }) {
      markOwn(you.key);
      addNote(`You joined ${roomName}`);
      showRoom(roomName);
      showState('connected');
      message.focus();
      onWelcome(you.key);
    },
    typing({ name: typist }) {
      showTyping(typist);
    },
  };
  return (event) => {
    if ('error' in event) showError(event.error);
    else receive[event.type](event);
  };
}

function showError({ message: texts }) {
  showRefusal([texts].flat().join('. '));
  if (message.value !== '') return;
  message.value = lastSent;
  message.select();
}

/** 4000 and more: why the server let nobody in; the others are of RFC 6455. */
function problemOf(code, reason) {
  if (code === 1006) return 'The connection was lost, or the server cannot be reached.';
  return `${reason || 'The connection was closed'} (${code}).`;
}

function showRoom(roomName) {
  element('room-title').textContent = roomName;
  document.title = `${roomName} · Chat`;
  invite.href = `?room=${encodeURIComponent(roomName)}`;
  invite.hidden = false;
}

function showState(state) {
  const { text, action } = states[state];
  status.dataset.state = state;
  status.textContent = text;
  join.textContent = action;
  join.dataset.action = state === 'disconnected' ? 'join' : 'leave';
  name.readOnly = room.readOnly = state !== 'disconnected';
  send.disabled = state !== 'connected';
}

function showProblem(text) {
  problem.textContent = text;
}

function showRefusal(text) {
  refusal.textContent = text;
  if (text === '') message.removeAttribute('aria-invalid');
  else message.setAttribute('aria-invalid', 'true');
}
