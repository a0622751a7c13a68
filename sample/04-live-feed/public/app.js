import { createClient } from 'nestjs-revali-ws-client';
import { drawChart, roundUp } from './chart.js';
import { clearScope, drawScope } from './scope.js';

const element = (id) => document.getElementById(id);

const status = element('status');
const toggle = element('toggle');
const problem = element('problem');

/** One sample per meter reading, every 100 ms. */
const SAMPLES = 300;
const KIB = 1024;
const MIB = KIB * KIB;

const page = createReader(element('page'));
const slow = createReader(element('slow'));
let meters;
let frame;
/** The connection that keeps the slow reader alive, if any. */
let slowReader;

const ws = createClient({ url: '/' });
// The fast reader: a browser reads everything as it comes.
const feed = open('blocks', (block) => show(page, { ...block, read: page.read + 1 }));
open('meters', (reading) => {
  meters = reading;
  sample(page);
  sample(slow);
  // A hidden tab has no animation frames, so it draws nothing.
  frame ??= requestAnimationFrame(draw);
});
feed.on('state', (state) => {
  if (state !== 'open') return;
  // Each connection has its own generator, which starts counting from zero.
  restart(page);
  showStatus('connected', 'Connected');
  showProblem('');
  toggle.disabled = false;
});
feed.on('close', ({ code }) => {
  // Later attempts add nothing new.
  if (status.dataset.state === 'disconnected') return;
  showStatus('disconnected', 'Not connected');
  showProblem(`The connection was closed (${code}). It reconnects when the server is back.`);
  toggle.disabled = true;
});

toggle.addEventListener('click', () => {
  if (slowReader) slowReader.close();
  else startSlowReader();
});

function startSlowReader() {
  showProblem('');
  slowReader = open('slow-reader', (reading) => show(slow, reading));
  slowReader.on('state', (state) => state === 'open' && restart(slow));
  void slowReader.closed.then(({ code, kind }) => {
    slowReader = undefined;
    slow.id = undefined;
    showToggle('start', 'Start a slow reader');
    if (kind !== 'done') showProblem(`The slow reader was disconnected (${code}).`);
  });
  showToggle('stop', 'Stop the slow reader');
}

/** Reconnects automatically until it is closed. */
function open(path, receive) {
  const connection = ws.connect(`/feed/${path}`);
  connection.on('message', receive);
  return connection;
}

function createReader(card) {
  return { card, id: undefined, read: 0, number: 0, samples: [], history: [] };
}

function restart(reader) {
  Object.assign(reader, createReader(reader.card));
}

/** A block was read. */
function show(reader, { reader: id, read, number, samples }) {
  Object.assign(reader, { id, read, number, samples });
}

/** Combines what the server and the reader report at one moment. */
function sample(reader) {
  const meter = meters.readers[reader.id];
  if (!meter) return;
  const { produced, buffered, isWaiting } = meter;
  // The reader may be ahead of the meter.
  const read = Math.min(reader.read, produced);
  reader.history.push({ produced, read, buffered, isWaiting });
  if (reader.history.length > SAMPLES) reader.history.shift();
}

function draw() {
  frame = undefined;
  drawReader(page);
  drawReader(slow);
  drawBlocks();
  drawBuffered();
  element('memory').textContent = `${Math.round(meters.memory / MIB)} MiB`;
}

function drawReader({ card, id, number, samples, history }) {
  const find = (name) => card.querySelector(`.${name}`);
  const state = find('state');
  const latest = history.at(-1);
  if (!id || !latest) {
    state.textContent = 'No generator';
    state.dataset.waiting = false;
    if (history.length === 0) clearScope(find('scope'));
    return;
  }
  state.textContent = latest.isWaiting ? 'Generator waits' : 'Generator runs';
  state.dataset.waiting = latest.isWaiting;
  find('produced').textContent = latest.produced;
  find('read').textContent = latest.read;
  find('underway').textContent = latest.produced - latest.read;
  const behind = Math.max(0, (meters.number - number) * meters.blockMs);
  find('behind').textContent = `${(behind / 1000).toFixed(1)} s`;
  drawScope(find('scope'), samples);
}

/** Counts from what each had read at the left edge: the distance between the lines is what is on the way. */
function drawBlocks() {
  const linesOf = ({ history }, key) => history.map((each) => each[key] - history[0].read);
  const fast = linesOf(page, 'produced');
  const produced = linesOf(slow, 'produced');
  const read = linesOf(slow, 'read');
  drawChart(element('blocks'), {
    samples: SAMPLES,
    max: roundUp(Math.max(...fast, ...produced, 100)),
    label: (value) => value,
    lines: [
      { className: 'slow gap', values: produced, down: read },
      { className: 'fast', values: fast },
      { className: 'slow', values: produced },
      { className: 'slow dashed', values: read },
    ],
  });
}

function drawBuffered() {
  const { mark } = meters;
  drawChart(element('buffered'), {
    samples: SAMPLES,
    max: mark * 1.5,
    label: (value) => `${Math.round(value / KIB)} KiB`,
    lines: [
      { className: 'mark dashed', values: Array(SAMPLES).fill(mark) },
      { className: 'slow', values: slow.history.map(({ buffered }) => buffered) },
      { className: 'fast', values: page.history.map(({ buffered }) => buffered) },
    ],
  });
}

function showStatus(state, text) {
  status.dataset.state = state;
  status.textContent = text;
}

function showToggle(action, text) {
  toggle.dataset.action = action;
  toggle.textContent = text;
}

function showProblem(text) {
  problem.textContent = text;
}
