const element = (id) => document.getElementById(id);

const status = element('status');
const address = element('address');
const toggle = element('toggle');
const problem = element('problem');
const message = element('message');
const send = element('send');
const counts = element('counts');
const frames = element('frames');

const FRAMES_KEPT = 500;

const arrows = { sent: '→', received: '←', opened: '•', closed: '×', error: '!' };

/** The meanings of the close codes in RFC 6455 and its registry. */
const meanings = {
  1000: 'Normal closure',
  1001: 'Going away: the server is stopping, or the user left the page',
  1002: 'Protocol error',
  1003: 'Kind of data not supported',
  1005: 'Close frame without a code',
  1006: 'No close frame: refused, unreachable or cut off',
  1007: 'Invalid payload',
  1008: 'Policy violation',
  1009: 'Message too big',
  1011: 'Internal server error',
  1012: 'Service restart',
  1013: 'Try again later',
};

const states = {
  disconnected: { text: 'Not connected', action: 'Connect' },
  connecting: { text: 'Connecting…', action: 'Cancel' },
  connected: { text: 'Connected', action: 'Disconnect' },
  closing: { text: 'Closing…', action: 'Disconnect' },
};

/** The current connection, if any. */
let socket;
let sent = 0;
let received = 0;

address.value = `${location.protocol.replace('http', 'ws')}//${location.host}/example/websocket`;
address.addEventListener('input', () => showProblem(''));

element('connection').addEventListener('submit', (event) => {
  event.preventDefault();
  if (socket) disconnect();
  else connect(address.value.trim());
});

element('sending').addEventListener('submit', (event) => {
  event.preventDefault();
  if (socket?.readyState !== WebSocket.OPEN) return;
  socket.send(message.value);
  sent += 1;
  addFrame('sent', message.value);
  message.value = '';
  message.focus();
});

element('clear').addEventListener('click', () => {
  frames.replaceChildren();
  sent = 0;
  received = 0;
  showCounts();
});

showState('disconnected');

function connect(url) {
  showProblem('');
  try {
    socket = new WebSocket(url);
  } catch (error) {
    address.setAttribute('aria-invalid', 'true');
    address.focus();
    showProblem(`That is not a WebSocket address: ${error.message}`);
    return;
  }
  showState('connecting');
  socket.binaryType = 'arraybuffer';
  listen(socket, url);
}

function disconnect() {
  socket.close(1000, 'Disconnected by the page');
  showState('closing');
}

function listen(opening, url) {
  let opened = false;
  opening.addEventListener('open', () => {
    opened = true;
    showState('connected');
    addFrame('opened', url);
    message.focus();
  });
  opening.addEventListener('message', ({ data }) => {
    received += 1;
    addFrame('received', typeof data === 'string' ? data : describeBytes(data));
  });
  opening.addEventListener('error', () => {
    const text = opened
      ? 'The connection was lost.'
      : 'Could not connect: nothing answers there, or the server refused the handshake. ' +
        'Browsers do not tell pages which; the developer tools show the HTTP status.';
    showProblem(text);
    addFrame('error', opened ? text : `No connection to ${url}`);
  });
  opening.addEventListener('close', ({ code, reason }) => {
    socket = undefined;
    showState('disconnected');
    showClose(code, reason);
    addFrame('closed', [code, reason].filter(Boolean).join(' '));
  });
}

function showState(state) {
  const { text, action } = states[state];
  status.dataset.state = state;
  status.textContent = text;
  toggle.textContent = action;
  toggle.dataset.action = state === 'disconnected' ? 'connect' : 'disconnect';
  toggle.disabled = state === 'closing';
  address.readOnly = state !== 'disconnected';
  send.disabled = state !== 'connected';
}

function showProblem(text) {
  if (text === '') address.removeAttribute('aria-invalid');
  problem.textContent = text;
}

function showClose(code, reason) {
  element('close-code').textContent = code;
  element('close-reason').textContent = reason || '(none)';
  element('close-meaning').textContent =
    meanings[code] ?? (code >= 4000 ? 'Defined by the application' : '–');
}

function showCounts() {
  counts.textContent = `${sent} sent, ${received} received`;
}

function addFrame(kind, content) {
  const atEnd = frames.scrollHeight - frames.scrollTop - frames.clientHeight < 8;
  const row = document.createElement('div');
  row.className = 'frame';
  row.dataset.kind = kind;
  row.append(timeNow(), cell('kind', `${arrows[kind]} ${kind}`), cell('content', content));
  frames.append(row);
  while (frames.childElementCount > FRAMES_KEPT) frames.firstElementChild.remove();
  if (atEnd) frames.scrollTop = frames.scrollHeight;
  showCounts();
}

function timeNow() {
  const now = new Date();
  const time = document.createElement('time');
  time.dateTime = now.toISOString();
  time.textContent = now.toLocaleTimeString(undefined, {
    hourCycle: 'h23',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    fractionalSecondDigits: 3,
  });
  return time;
}

function cell(className, text) {
  const span = document.createElement('span');
  span.className = className;
  span.textContent = text;
  return span;
}

function describeBytes(buffer) {
  const bytes = [...new Uint8Array(buffer, 0, Math.min(buffer.byteLength, 32))];
  const hex = bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return `${buffer.byteLength} bytes: ${hex}${buffer.byteLength > 32 ? ' …' : ''}`;
}
