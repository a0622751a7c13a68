import { createClient, rooms } from 'nestjs-revali-ws-client';
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
  waiting: { text: 'Reconnecting…', action: 'Leave' },
};

/** With `rooms()`, a lost connection resumes where it stopped: missed messages come first. */
const ws = createClient({ url: '/', use: [rooms()] });
/** The current connection, if any. */
let chat;
/** Goes back into the field if the server refuses it. */
let lastSent = '';
let typingSentAt = 0;

const query = new URLSearchParams(location.search);
room.value = query.get('room') ?? room.value;
name.value = query.get('name') ?? '';
name.focus();

element('joining').addEventListener('submit', (event) => {
  event.preventDefault();
  if (chat) chat.close(1000, 'Left');
  else enter(name.value.trim(), room.value.trim());
});

element('saying').addEventListener('submit', (event) => {
  event.preventDefault();
  if (!chat || send.disabled) return;
  say(message.value);
  message.value = '';
  typingSentAt = 0;
  showRefusal('');
  message.focus();
});

message.addEventListener('input', () => {
  const now = Date.now();
  if (!chat || now - typingSentAt < TYPING_EVERY_MS) return;
  typingSentAt = now;
  // Useless later, so it does not wait for the server to come back.
  chat.send({ type: 'typing' }, { queue: false });
});

/** While the server is down, a message waits up to 30 seconds for it. */
function say(text) {
  lastSent = text;
  chat.send({ type: 'say', text }).catch(() => showError({ message: 'The message was not sent' }));
}

function enter(ownName, roomName) {
  showProblem('');
  showRefusal('');
  showState('connecting');
  clearMessages();
  const handshake = { params: { room: roomName }, query: { name: ownName } };
  let who;
  chat = ws.connect('/chat/:room', handshake);
  const receive = receiver(roomName, (ownKey) => {
    who ??= watchMembers(ws, handshake, ownKey);
  });
  chat.on('message', receive);
  chat.on('gap', (gap) => gap.room.startsWith('chat/') && addNote('Messages may be missing here'));
  // The connection was lost. With `retryIn`, the client reconnects automatically.
  chat.on('close', ({ code, reason, retryIn }) => {
    if (retryIn === undefined) return;
    // The first failure says more than those of the attempts that follow.
    if (status.dataset.state !== 'waiting') showProblem(problemOf(code, reason));
    showTyping('');
    showState(who ? 'waiting' : 'connecting');
  });
  void chat.closed.then(({ code, reason }) => {
    who?.close(1000, 'Left');
    chat = undefined;
    showState('disconnected');
    showTyping('');
    showProblem(code === 1000 ? '' : problemOf(code, reason));
  });
}

/** One function per event type. On each connection, earlier messages come first, then the welcome. */
function receiver(roomName, onWelcome) {
  let isBack = false;
  const receive = {
    said(said) {
      addSaid(said);
      showTyping('');
    },
    welcome({ you }) {
      showState('connected');
      showProblem('');
      if (isBack) return;
      isBack = true;
      markOwn(you.key);
      addNote(`You joined ${roomName}`);
      showRoom(roomName);
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

/** Codes from 4000 say why the server refused; RFC 6455 defines the others. */
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
  send.disabled = state !== 'connected' && state !== 'waiting';
}

function showProblem(text) {
  problem.textContent = text;
}

function showRefusal(text) {
  refusal.textContent = text;
  if (text === '') message.removeAttribute('aria-invalid');
  else message.setAttribute('aria-invalid', 'true');
}
