const FRAMES_KEPT = 200;
const TOO_LONG = 'na '.repeat(67);

const arrows = { sent: '→', received: '←', opened: '•', closed: '×' };

const writeEvent = (text) => JSON.stringify({ event: 'post', data: text });

setUp(document.getElementById('old'), { path: 'ws', name: 'Olga', write: writeEvent });
setUp(document.getElementById('new'), { path: 'board', name: 'Noah', write: (text) => text });
setUp(document.getElementById('unchanged'), { path: 'events', name: 'Otto', write: writeEvent });

/** Sets up one client with its own controls. The clients differ only in path and frames. */
function setUp(article, { path, name, write }) {
  article.append(document.getElementById('client').content.cloneNode(true));
  const find = (selector) => article.querySelector(selector);
  const [connection, posting] = article.querySelectorAll('form');
  connection.elements.name.value = name;
  let socket;

  connection.addEventListener('submit', (event) => {
    event.preventDefault();
    if (socket) socket.close(1000, 'Left');
    else connect();
  });
  posting.addEventListener('submit', (event) => {
    event.preventDefault();
    send(posting.elements.text.value);
    posting.elements.text.value = '';
  });
  find('.long').addEventListener('click', () => send(TOO_LONG));
  showState('disconnected');

  function connect() {
    const query = new URLSearchParams(new FormData(connection));
    socket = new WebSocket(new URL(`${path}?${query}`, location.href.replace('http', 'ws')));
    showState('connecting');
    socket.addEventListener('open', () => {
      showState('connected');
      addFrame('opened', `/${path}`);
    });
    socket.addEventListener('message', ({ data }) => addFrame('received', data));
    socket.addEventListener('close', ({ code, reason }) => {
      socket = undefined;
      showState('disconnected');
      addFrame('closed', `${code} ${reason}`);
    });
  }

  function send(text) {
    if (socket?.readyState !== WebSocket.OPEN) return;
    const frame = write(text);
    socket.send(frame);
    addFrame('sent', frame);
  }

  function showState(state) {
    const isConnected = state === 'connected';
    const [toggle] = connection.querySelectorAll('button');
    find('.status').dataset.state = state;
    find('.status').textContent = isConnected ? 'Connected' : 'Not connected';
    const action = state === 'disconnected' ? 'Connect' : 'Disconnect';
    toggle.textContent = action;
    toggle.dataset.action = action.toLowerCase();
    for (const button of posting.querySelectorAll('button')) button.disabled = !isConnected;
    for (const input of connection.querySelectorAll('input'))
      input.readOnly = state !== 'disconnected';
  }

  function addFrame(kind, content) {
    const frames = find('.frames');
    const row = document.createElement('p');
    row.dataset.kind = kind;
    row.append(span(arrows[kind]), ' ', span(content || '(empty)'));
    frames.append(row);
    while (frames.childElementCount > FRAMES_KEPT) frames.firstElementChild.remove();
    frames.scrollTop = frames.scrollHeight;
  }
}

function span(text) {
  const made = document.createElement('span');
  made.textContent = text;
  return made;
}
