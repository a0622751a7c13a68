const element = (id) => document.getElementById(id);

const status = element('status');
const fileField = element('file');
const drop = element('drop');
const cancel = element('cancel');
const comparison = element('comparison');

const CHUNK = 64 * 1024;
/** Above this, the page waits: otherwise, the browser would load the whole file into memory. */
const MAX_BUFFERED = 1024 * 1024;
const LOOK_AGAIN_MS = 20;

/** What this application's close codes, and some standard ones, mean for an upload. */
const explanations = {
  1001: 'The server is stopping, or it waited too long for the next bytes.',
  1006: 'The connection was lost.',
  1009: 'The server does not accept chunks of this size.',
  4404: 'The server does not know this upload.',
  4409: 'Another connection is already sending this upload.',
  4413: 'The file is too large.',
  4499: 'The upload was interrupted.',
};

/** The current upload, if any. */
let current;

fileField.addEventListener('change', () => {
  const [file] = fileField.files;
  if (file) start(file);
});
cancel.addEventListener('click', () => current?.cancel());

for (const type of ['dragenter', 'dragover'])
  drop.addEventListener(type, (event) => {
    event.preventDefault();
    if (!current) drop.dataset.over = '';
  });
for (const type of ['dragleave', 'drop'])
  drop.addEventListener(type, () => delete drop.dataset.over);
drop.addEventListener('drop', (event) => {
  event.preventDefault();
  const [file] = event.dataTransfer.files;
  if (file && !current) start(file);
});

function start(file) {
  current = upload(file);
  fileField.disabled = true;
  cancel.disabled = false;
  showStatus('connecting', 'Uploading…');
  element('problem').textContent = '';
  element('name').textContent = file.name;
  element('size').textContent = `${file.size.toLocaleString('en')} bytes`;
  for (const id of ['server-digest', 'page-digest', 'comparison']) element(id).textContent = '–';
  delete comparison.dataset.equal;
  showConfirmed(0, file.size);
  showSent(0, 0);
}

/** Opens one connection for the progress, which gives the upload its id, and one for the bytes. */
function upload(file) {
  const progress = connect(`uploads/progress?size=${file.size}`);
  let content;
  let isCancelled = false;
  let failure;
  let digest;

  progress.addEventListener('message', ({ data }) => {
    const { id, received, sha256 } = JSON.parse(data);
    showConfirmed(received, file.size);
    if (sha256) digest = sha256;
    else content ??= openContent(id);
  });
  progress.addEventListener('close', (event) => {
    content?.close();
    if (digest) void finish(file, digest);
    else if (isCancelled) end('Canceled', 'Canceled: the server removed what had arrived.');
    else end('Failed', explain(failure ?? event));
  });

  function openContent(id) {
    const socket = connect(`uploads/${id}/content`);
    socket.addEventListener('open', () => void sendContent(file, socket));
    // This has the actual error; the progress only says that the content was interrupted.
    socket.addEventListener('close', (event) => {
      if (event.code !== 1000) failure = event;
    });
    return socket;
  }

  return {
    cancel() {
      isCancelled = true;
      (content ?? progress).close(1000, 'Canceled by the page');
    },
  };
}

function connect(path) {
  return new WebSocket(new URL(path, location.href.replace(/^http/, 'ws')));
}

async function sendContent(file, socket) {
  for (let at = 0; at < file.size; at += CHUNK) {
    const chunk = await file.slice(at, at + CHUNK).arrayBuffer();
    await roomIn(socket);
    if (socket.readyState !== WebSocket.OPEN) return;
    socket.send(chunk);
    showSent(at + chunk.byteLength, socket.bufferedAmount);
  }
}

/** Polls, as there is no event for it. */
async function roomIn(socket) {
  while (socket.readyState === WebSocket.OPEN && socket.bufferedAmount > MAX_BUFFERED)
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
}

async function finish(file, digest) {
  element('server-digest').textContent = digest;
  showSent(file.size, 0);
  end('Complete', '');
  await compare(file, digest);
}

async function compare(file, digest) {
  if (!crypto.subtle) {
    comparison.textContent = 'Browsers compute digests only on https:// and on localhost';
    return;
  }
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', await file.arrayBuffer()));
  const own = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  element('page-digest').textContent = own;
  comparison.textContent = own === digest ? 'Equal: every byte arrived' : 'Different';
  comparison.dataset.equal = own === digest;
}

function end(text, problem) {
  current = undefined;
  cancel.disabled = true;
  fileField.disabled = false;
  fileField.value = '';
  element('problem').textContent = problem;
  showStatus(text === 'Complete' ? 'connected' : 'disconnected', text);
}

function explain({ code, reason }) {
  const text = explanations[code] ?? 'The upload failed.';
  return `${text} Closed with ${code}${reason ? `: ${reason}` : ''}`;
}

function showStatus(state, text) {
  status.dataset.state = state;
  status.textContent = text;
}

function showConfirmed(received, size) {
  const share = size === 0 ? 1 : received / size;
  element('progress').value = share;
  element('percent').textContent = `${Math.floor(share * 100)} %`;
  element('confirmed').textContent = `${mebibytes(received)} of ${mebibytes(size)}`;
}

function showSent(bytes, waiting) {
  element('sent').textContent = mebibytes(bytes);
  element('waiting').textContent = mebibytes(waiting);
}

function mebibytes(bytes) {
  return `${(bytes / 1024 / 1024).toFixed(2)} MiB`;
}
