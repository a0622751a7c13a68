/** @returns Shares of the time that was not idle, by npm package, folder of ours, or part of Node; largest first. */
export const byPackage = (profile) => shares(profile, packageOf);

/** @returns The same by function: self time, where it is defined. */
export const byFunction = (profile) => shares(profile, nameOf);

function shares({ nodes, samples, timeDeltas }, keyOf) {
  const keys = new Map(nodes.map(({ id, callFrame }) => [id, keyOf(callFrame)]));
  const times = new Map();
  let total = 0;
  samples.forEach((id, index) => {
    const key = keys.get(id);
    if (key === undefined) return;
    const time = timeDeltas[index];
    times.set(key, (times.get(key) ?? 0) + time);
    total += time;
  });
  return [...times]
    .map(([key, time]) => ({ key, share: time / total }))
    .toSorted((left, right) => right.share - left.share);
}

const IDLE = '(idle)';
const WITHOUT_FILE = new Map([
  ['(garbage collector)', 'gc'],
  ['(program)', 'native: V8 and libuv'],
]);

function packageOf({ functionName, url }) {
  if (functionName === IDLE) return undefined;
  if (url === '') return WITHOUT_FILE.get(functionName) ?? 'native: called from JavaScript';
  if (url.startsWith('node:')) return 'node internals';
  const [, installed] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url) ?? [];
  if (installed && installed !== 'nestjs-revali-ws') return installed;
  const [, folder] = /\/dist\/(?:esm|cjs)\/(?:([^/]+)\/)?/.exec(url) ?? [undefined, 'handler'];
  return folder === 'handler' ? 'the handlers of the bench' : `nestjs-revali-ws/${folder ?? ''}`;
}

function nameOf(callFrame) {
  const { functionName, url, lineNumber } = callFrame;
  const where = packageOf(callFrame);
  if (where === undefined) return undefined;
  if (url === '') return `${functionName} (${where})`;
  const file = url.startsWith('node:') ? url : `${where}: ${url.split('/').at(-1)}`;
  return `${functionName || '(anonymous)'} (${file}:${lineNumber + 1})`;
}

/** @returns A Markdown table. */
export function sharesTable(title, rows) {
  const lines = rows.map(({ key, share }) => `| ${key} | ${(share * 100).toFixed(1)} % |`);
  return [`| ${title} | CPU |`, '|---|---:|', ...lines, ''].join('\n');
}
