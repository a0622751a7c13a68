const element = (id) => document.getElementById(id);

const status = element('status');
const fileField = element('file');
const drop = element('drop');
const cancel = element('cancel');
const comparison = element('comparison');

const CHUNK = 64 * 1024;
/** Above it the page waits: the browser would take the whole file into its memory. */
const MAX_BUFFERED = 1024 * 1024;
const LOOK_AGAIN_MS = 20;

/** What the close codes of this application, and some of everybody's, mean for who uploads. */
const explanations = {
  1001: 'The server stops, or waited too long for the next bytes.',
  1006: 'The connection broke off.',
  1009: 'The server takes no chunks of this size.',
  4404: 'The server knows nothing of this upload.',
  4409: 'Another connection brings the content of this upload.',
  4413: 'The file is too large.',
  4499: 'The upload was interrupted.',
};

/** The upload under way, if any. */
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

/** One connection for the progress, which gives the upload its id, and one for the bytes. */
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
    else if (isCancelled) end('Cancelled', 'Cancelled: the server has removed what had arrived.');
    else end('Failed', explain(failure ?? event));
  });

  function openContent(id) {
    const socket = connect(`uploads/${id}/content`);
    socket.addEventListener('open', () => void sendContent(file, socket));
    // What went wrong is said here; the progress only tells that the content broke off.
    socket.addEventListener('close', (event) => {
      if (event.code !== 1000) failure = event;
    });
    return socket;
  }

  return {
    cancel() {
      isCancelled = true;
      (content ?? progress).close(1000, 'Cancelled by the page');
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

/** There is no event for it. */
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
