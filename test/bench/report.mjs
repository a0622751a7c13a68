import { medianOf, medianRatio } from './statistics.mjs';

/** In percent of a core: a process that is busier is the limit. */
const BUSY = 90;
const CLIENT_LIMITS = '⚠ ';
const MACHINE_LIMITS = '◌ ';
const legends = new Map([
  [CLIENT_LIMITS, 'the client was the limit, the server could do more'],
  [MACHINE_LIMITS, 'neither server nor client was busy all the time: something else held them up'],
]);

/** @returns A Markdown table of one measure. */
export function tableOf(measure, subjects, samples, note) {
  const rows = subjects.map((subject) => {
    const own = samples[subject.name];
    const base = samples[subject.base ?? measure.base];
    return [
      limitMark(measure, own) + subject.name,
      ...measure.columns.map((column) => cell(column, own, base)),
    ];
  });
  const head = ['server', ...measure.columns.map(({ title }) => title)];
  const rule = head.map((_, index) => (index === 0 ? '---' : '---:'));
  const lines = [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  const legend = [...legends]
    .filter(([mark]) => lines.some((line) => line.includes(mark)))
    .map(([mark, meaning]) => `${mark}${meaning}.\n`);
  return [`## ${measure.title}`, '', ...(note ? [note, ''] : []), ...lines, '', ...legend].join(
    '\n',
  );
}

/** What held a server up, other than its own work. */
function limitMark({ columns }, samples) {
  const marks = columns
    .filter(({ limits }) => limits)
    .map(({ key, limits }) => {
      const [load, busy] = [key, limits].map((each) => medianOf(samples.map((one) => one[each])));
      if (busy >= BUSY) return '';
      return load > BUSY ? CLIENT_LIMITS : MACHINE_LIMITS;
    });
  return marks.find((mark) => mark !== '') ?? '';
}

function cell({ key, ratio, share, digits = 0 }, samples, base) {
  const values = samples.map((sample) => sample[key]);
  const format = (value) =>
    value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const median = format(medianOf(values));
  if (share || values.length === 1 || Math.min(...values) === Math.max(...values))
    return ratio ? `${median} ${ratioText(key, samples, base)}` : median;
  const range = `(${format(Math.min(...values))}–${format(Math.max(...values))})`;
  return ratio ? `${median} ${range} ${ratioText(key, samples, base)}` : `${median} ${range}`;
}

const ratioText = (key, samples, base) =>
  base ? `**${medianRatio(samples, base, key).toFixed(2)}×**` : '';
