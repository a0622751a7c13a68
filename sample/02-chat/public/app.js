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
  waiting: { text: 'Coming back…', action: 'Leave' },
};

/** With `rooms()` a connection that was lost goes on where it was: what was said meanwhile comes first. */
const ws = createClient({ url: '/', use: [rooms()] });
/** The current connection, if any. */
let chat;
/** Put back into the field when the server does not accept it. */
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
  // Of no use later on, so it does not wait for the server to be back.
  chat.send({ type: 'typing' }, { queue: false });
});

/** While the server is away, a message waits for it, 30 seconds at most. */
function say(text) {
  lastSent = text;
  chat.send({ type: 'say', text }).catch(() => showError({ message: 'This was not sent' }));
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
  // The connection was lost, and comes back by itself where there is another attempt.
  chat.on('close', ({ code, reason, retryIn }) => {
    if (retryIn === undefined) return;
    // What ended it says more than how the attempts fail that follow.
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

/** One function for each type of event. What was said before comes first, then the welcome: each time. */
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
