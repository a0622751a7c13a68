// Child processes, each pinned to a core where that is possible; none outlives the bench.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism, constants, setPriority } from 'node:os';

const ANSWER_TIMEOUT = 300_000;
const SERVER_CORE = 0;
const CLIENT_CORE = 1;

const living = new Set();

process.once('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(130));

/** Why processes are not pinned; `undefined` where they are. */
export const unpinnedBecause = findHindrance();

function findHindrance() {
  if (availableParallelism() < 2) return 'there is one core only';
  try {
    execFileSync('taskset', ['-c', `${SERVER_CORE}`, 'true'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'there is no taskset';
  }
}

export function descriptorLimit() {
  const limit = execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).trim();
  return limit === 'unlimited' ? Infinity : Number(limit);
}

export const startServer = (file, args, cwd) =>
  new Child(SERVER_CORE, ['--expose-gc', file, ...args], cwd);

export const startClient = (file) => new Child(CLIENT_CORE, [file]);

/** @returns The command that runs this one where clients run. */
export const onClientCore = (command) => onCore(CLIENT_CORE, command);

const onCore = (core, command) =>
  unpinnedBecause ? command : ['taskset', '-c', `${core}`, ...command];

/** Takes one command at a time and answers each with one message. */
class Child {
  #name;
  #process;
  #ended;

  constructor(core, args, cwd) {
    this.#name = args.join(' ');
    const [command, ...rest] = onCore(core, [process.execPath, ...args]);
    this.#process = spawn(command, rest, { cwd, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#process.on('error', () => undefined);
    living.add(this.#process);
    this.#ended = once(this.#process, 'exit').then(() => {
      living.delete(this.#process);
      throw new Error(`${this.#name} has ended`);
    });
    this.#ended.catch(() => undefined);
  }

  async answer() {
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT);
    const answered = once(this.#process, 'message', { signal }).catch(() => {
      throw new Error(`${this.#name} did not answer in time`);
    });
    const [message] = await Promise.race([answered, this.#ended]);
    if (message.failed !== undefined) throw new Error(message.failed);
    return message.value;
  }

  ask(command) {
    const answer = this.answer();
    this.#process.send(command);
    return answer;
  }

  /** Others that share its core come first. */
  giveWay() {
    setPriority(this.#process.pid, constants.priority.PRIORITY_LOW);
  }

  async end() {
    this.#process.kill('SIGKILL');
    await this.#ended.catch(() => undefined);
  }
}
