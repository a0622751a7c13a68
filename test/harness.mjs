// What the test runner and the compatibility checks share: child processes with a deadline, and
// totals that are counted the same way whoever ran the tests.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** The environment as a user's shell has it: without what an outer `npm test` or Node flag adds. */
export function cleanEnvironment(extra = {}) {
  const inherited = Object.entries(process.env).filter(
    ([name]) =>
      !/^npm_(package|lifecycle)_|^npm_(command|execpath|node_execpath|config_local_prefix)$/.test(
        name,
      ) && name !== 'NODE_OPTIONS',
  );
  return { ...Object.fromEntries(inherited), ...extra };
}

/** For what a command left behind in a group of its own, and for those that are asked to stop. */
const GRACE = 2000;

/**
 * Runs a command with its output shown; resolves with its exit code, or 1 when it took too long.
 * `output` takes what it writes; without one it writes where this process does.
 */
export function run(command, args, { cwd = root, env = {}, timeout = 1_080_000, output } = {}) {
  const say = (text) => (output ? output.write(`${text}\n`) : console.log(text));
  const stream = output ? 'pipe' : 'inherit';
  say(`\n$ ${[command, ...args].join(' ')}`);
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: cleanEnvironment(env),
      stdio: ['ignore', stream, stream],
      detached: true, // a group of its own, so that the deadline reaches grandchildren
    });
    const streams = [child.stdout, child.stderr].filter(Boolean);
    for (const one of streams) one.on('data', (chunk) => output.write(chunk));
    const release = endWithThisProcess(child);
    let timer = setTimeout(() => {
      say(`${command} took longer than ${timeout / 1000} s and was stopped`);
      signalGroup(child.pid, 'SIGTERM'); // a script of ours stops what it runs
      timer = setTimeout(() => signalGroup(child.pid, 'SIGKILL'), GRACE);
    }, timeout);
    child.once('error', (error) => say(`${command} could not be started: ${error.message}`));
    child.once('exit', () => {
      clearTimeout(timer);
      signalGroup(child.pid, 'SIGKILL'); // nothing that it left behind may outlive it
      timer = setTimeout(() => streams.forEach((one) => one.destroy()), GRACE);
    });
    child.once('close', (code) => {
      clearTimeout(timer);
      release();
      resolve(code === null || code < 0 ? 1 : code);
    });
  });
}

const leave = () => process.exit(1);

/** A group of its own hears neither Ctrl+C nor that this process is stopped. */
export function endWithThisProcess(child) {
  const end = () => signalGroup(child.pid, 'SIGKILL');
  process.on('exit', end);
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, leave);
  return () => {
    process.off('exit', end);
    for (const signal of ['SIGINT', 'SIGTERM']) process.off(signal, leave);
  };
}

export function signalGroup(pid, signal) {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/** Runs a command that must succeed for anything after it to make sense. */
export async function mustRun(command, args, options) {
  const code = await run(command, args, options);
  if (code !== 0) throw new Error(`${[command, ...args].join(' ')} ended with exit code ${code}`);
}

/** `file` is where the runner writes its JSON report (jest's form, which vitest writes too). */
export async function runTests(start) {
  const folder = mkdtempSync(join(tmpdir(), 'test-report-'));
  const file = join(folder, 'report.json');
  try {
    const code = await start(file);
    return existsSync(file) ? totalsOf(JSON.parse(readFileSync(file, 'utf8')), code) : crashed();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Counts what a report says, and what it only implies: a file that failed without a failed test
 * (it did not compile, its afterAll threw), a bad exit code, a run without any test.
 */
function totalsOf(report, exitCode) {
  const brokenFiles = report.testResults.filter(
    (file) =>
      file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed'),
  ).length;
  const totals = {
    passed: report.numPassedTests,
    failed: report.numFailedTests + brokenFiles,
    skipped: report.numPendingTests + report.numTodoTests,
    failures: report.testResults.flatMap(failuresOf),
  };
  const unexplained = totals.failed === 0 && (exitCode !== 0 || totals.passed === 0);
  return unexplained ? { ...totals, failed: 1 } : totals;
}

/** What is told of a failed test at the end, where a log is read from. */
const FAILURE_CHARACTERS = 1500;

/** What failed in a file, with its reason: of the file itself where no test of it did. */
function failuresOf(file) {
  const failed = file.assertionResults.filter(({ status }) => status === 'failed');
  if (failed.length === 0 && file.status !== 'failed') return [];
  const reasons = failed.map((test) => `${test.fullName}\n${test.failureMessages.join('\n')}`);
  return (reasons.length > 0 ? reasons : [file.message]).map((reason) =>
    `${file.name}\n${stripVTControlCharacters(reason)}`.slice(0, FAILURE_CHARACTERS),
  );
}

/** Runs files of node:test, compiled already; `node` is what runs them, where this process' own does not. */
export async function runNodeTest(files, { node = process.execPath, ...options }) {
  const folder = mkdtempSync(join(tmpdir(), 'node-test-'));
  const report = join(folder, 'report.tap');
  const reporters = ['spec', 'stdout', 'tap', report].map(
    (value, index) => `--test-reporter${index % 2 === 0 ? '' : '-destination'}=${value}`,
  );
  try {
    const code = await run(node, ['--test', ...reporters, ...[files].flat()], options);
    return existsSync(report) ? tapTotals(readFileSync(report, 'utf8'), code) : crashed();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Counts what the summary of a TAP report of node:test says; a test that was cancelled has failed. */
function tapTotals(report, exitCode) {
  const count = (name) => Number(new RegExp(`^# ${name} (\\d+)$`, 'm').exec(report)?.[1] ?? 0);
  const totals = {
    passed: count('pass'),
    failed: count('fail') + count('cancelled'),
    skipped: count('skipped') + count('todo'),
    failures: [...report.matchAll(/^ *not ok \d+ - (.*)$/gm)].map(([, name]) => name),
  };
  const unexplained = totals.failed === 0 && (exitCode !== 0 || totals.passed === 0);
  return unexplained ? { ...totals, failed: 1 } : totals;
}

export const crashed = () => ({ passed: 0, failed: 1, skipped: 0 });
export const check = (code) => ({
  passed: Number(code === 0),
  failed: Number(code !== 0),
  skipped: 0,
});
export const sum = (all) =>
  all.reduce(
    (left, right) => ({
      passed: left.passed + right.passed,
      failed: left.failed + right.failed,
      skipped: left.skipped + right.skipped,
      failures: [...(left.failures ?? []), ...(right.failures ?? [])],
    }),
    { passed: 0, failed: 0, skipped: 0 },
  );
