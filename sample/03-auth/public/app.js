import { createClient, rooms } from 'nestjs-revali-ws-client';

const element = (id) => document.getElementById(id);

const status = element('status');
const problem = element('problem');
const nameField = element('name');
const password = element('password');
const log = element('log');
const tokenChoice = document.querySelector('input[value="token"]');
const cookieChoice = document.querySelector('input[value="cookie"]');

/** Close codes for refusals and ended sign-ins: 4000 + the HTTP status. */
const meanings = {
  4401: '401: not signed in',
  4403: '403: signed in, but not allowed',
};

/** Only in memory, and gone with the page: scripts could steal it from storage. */
let token;

/** With `rooms()`, a connection that comes back gets the messages it missed. */
const ws = createClient({ url: '/', use: [rooms()] });

element('sign-in').addEventListener('submit', (event) => {
  event.preventDefault();
  void signIn(nameField.value, password.value);
});
for (const button of document.querySelectorAll('.accounts button'))
  button.addEventListener('click', () => {
    nameField.value = button.dataset.name;
    password.value = button.dataset.password;
  });
element('sign-out').addEventListener('click', () => void signOut());
element('saying').addEventListener('submit', (event) => {
  event.preventDefault();
  // While the connection is lost, the message waits up to 30 seconds for the next one.
  member.say(element('saying-text').value)?.catch((error) => showProblem(error.message));
  element('saying-text').value = '';
});
element('clear').addEventListener('click', () => log.replaceChildren());

const member = showRoute('live/member', 'any signed-in user; messages go to everyone');
showRoute('live/admin', 'administrators; shows who is connected');
showUser(await whoIsSignedIn());

async function whoIsSignedIn() {
  const { user } = await (await fetch('auth/me')).json();
  return user;
}

async function signIn(name, secret) {
  showProblem('');
  const answer = await post('auth/sign-in', { name, password: secret });
  const body = await answer.json();
  if (!answer.ok) {
    showProblem(`${answer.status}: ${body.message}`);
    return;
  }
  password.value = '';
  ({ token } = body);
  showUser(body);
  element('sign-out').focus();
}

async function signOut() {
  await post('auth/sign-out', {});
  token = undefined;
  showUser(await whoIsSignedIn());
  nameField.focus();
}

function post(path, body) {
  const headers = { 'Content-Type': 'application/json' };
  return fetch(path, { method: 'POST', headers, body: JSON.stringify(body) });
}

function showProblem(text) {
  problem.textContent = text;
}

function showUser(user) {
  status.dataset.state = user ? 'connected' : 'disconnected';
  status.textContent = user ? `Signed in as ${user.name}` : 'Not signed in';
  element('who').textContent = user ? `Roles: ${user.roles.join(', ')}` : '';
  element('sign-in').hidden = user !== null;
  element('signed-in').hidden = user === null;
  tokenChoice.disabled = token === undefined;
  if (token === undefined) cookieChoice.checked = true;
  element('token-note').textContent =
    user && token === undefined
      ? 'The reload cleared the token from the memory of this page. Sign in again for a new one.'
      : '';
}

/** A row with its own connection. */
function showRoute(path, who) {
  const row = element('route').content.cloneNode(true).firstElementChild;
  const button = row.querySelector('button');
  row.querySelector('.path').textContent = path;
  row.querySelector('.hint').textContent = who;
  element('routes').append(row);

  let connection;
  const show = (state, outcome) => {
    row.dataset.state = state;
    row.querySelector('.outcome').textContent = outcome;
    const action = connection ? 'Disconnect' : 'Connect';
    button.textContent = action;
    button.setAttribute('aria-label', `${action} ${path}`);
  };
  button.addEventListener('click', () => {
    if (connection) connection.close(1000, 'Disconnected by the page');
    else {
      connection = open(path);
      listen();
      show('connecting', 'Connecting…');
    }
  });
  show('disconnected', '');
  return { say: (text) => connection?.send(text) };

  function listen() {
    // The server opens the socket even to refuse it, so only its greeting means success.
    connection.on('message', (text) => {
      show('connected', 'Connected');
      addMessage(path, text);
    });
    connection.on('gap', () => addMessage(path, '(messages may be missing here)'));
    connection.on('close', ({ retryIn, reason }) => {
      if (retryIn !== undefined) show('connecting', `${reason || 'Lost'}, reconnecting…`);
    });
    void connection.closed.then(({ code, reason }) => {
      connection = undefined;
      show(code === 4401 || code === 4403 ? 'refused' : 'disconnected', describe(code, reason));
    });
  }
}

function open(path) {
  return ws.connect(`/${path}`, tokenChoice.checked ? { auth: showToken, retry: { when } } : {});
}

/** Called before each attempt. With `refresh`, the server refused the token or the token expired. */
async function showToken({ refresh }) {
  if (refresh) {
    const answer = await post('auth/token', {});
    // After a sign-out there is no new token, and the server refuses the old one for good.
    if (answer.ok) ({ token } = await answer.json());
  }
  return { protocols: ['bearer', token] };
}

/** A new token may help after a 4401, but not after a sign-out. */
function when({ reason }) {
  return reason === 'Signed out' ? false : undefined;
}

function describe(code, reason) {
  const text = reason || 'no reason given';
  return `Closed with ${code}: ${text}` + (meanings[code] ? ` (${meanings[code]})` : '');
}

function addMessage(path, text) {
  const row = document.createElement('div');
  row.className = 'message';
  row.append(cell('from', path), cell('text', text));
  log.append(row);
  log.scrollTop = log.scrollHeight;
}

function cell(className, text) {
  const span = document.createElement('span');
  span.className = className;
  span.textContent = text;
  return span;
}
