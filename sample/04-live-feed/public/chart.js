const SVG = 'http://www.w3.org/2000/svg';
const HEIGHT = 176;
/** Space for the numbers on the left. */
const LEFT = 60;
const GRID_LINES = 2;

/**
 * An SVG chart, redrawn each time. A line is `{ className, values }` with one value per sample, the newest at the
 * right edge; `{ className, values, down }` is the area between two lines.
 */
export function drawChart(svg, { lines, max, samples, label }) {
  const width = svg.clientWidth;
  svg.setAttribute('viewBox', `0 0 ${width} ${HEIGHT}`);
  svg.setAttribute('height', HEIGHT);
  const x = (index, length) => width - ((length - 1 - index) * (width - LEFT)) / (samples - 1);
  const y = (value) => HEIGHT - 8 - (value / max) * (HEIGHT - 24);
  const points = (values) =>
    values.map((value, index) => `${x(index, values.length).toFixed(1)} ${y(value).toFixed(1)}`);
  svg.replaceChildren(
    ...gridOf({ width, max, y, label }),
    ...lines.map(({ className, values, down }) => {
      const all = down ? [...points(values), ...points(down).toReversed()] : points(values);
      return make('path', { class: className, d: all.length > 1 ? `M${all.join('L')}` : '' });
    }),
  );
}

/** Rounds up to a round number. */
export function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  return [1, 1.2, 1.6, 2, 2.4, 3, 4, 6, 8, 10]
    .map((digit) => digit * power)
    .find((round) => round >= value);
}

function* gridOf({ width, max, y, label }) {
  for (let part = 0; part <= GRID_LINES; part += 1) {
    const value = (max * part) / GRID_LINES;
    yield make('line', { x1: LEFT, x2: width, y1: y(value), y2: y(value) });
    yield make('text', { x: LEFT - 8, y: y(value) + 4, 'text-anchor': 'end' }, label(value));
  }
}

function make(tag, attributes, text = '') {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.textContent = text;
  return made;
}
