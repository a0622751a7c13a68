import { spawn, type ChildProcess } from 'node:child_process';

export interface ChildOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds until it restarts after it has ended. Default: never. */
  readonly restartAfter?: number;
}

/** A process of the cluster. */
export class Child {
  private process: ChildProcess;
  private restart: NodeJS.Timeout | undefined;
  private isOver = false;

  constructor(private readonly options: ChildOptions) {
    this.process = this.start();
  }

  get hasEnded(): boolean {
    return hasEnded(this.process);
  }

  get name(): string {
    const { command, env } = this.options;
    return env?.NODE_NAME ? `node ${env.NODE_NAME}` : command;
  }

  /** Sends SIGTERM and waits for the end. */
  async end(): Promise<void> {
    this.isOver = true;
    clearTimeout(this.restart);
    const { process: child } = this;
    if (hasEnded(child)) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
  }

  private start(): ChildProcess {
    const { command, args, env, restartAfter } = this.options;
    const child = spawn(command, args, {
      stdio: ['ignore', 'ignore', 'inherit'],
      // Ctrl+C goes to the parent, which ends this process in its turn.
      detached: true,
      env: { ...process.env, ...env },
    });
    child.once('error', (error) => console.error(`${command}: ${error.message}`));
    child.once('exit', () => {
      if (this.isOver || restartAfter === undefined) return;
      this.restart = setTimeout(() => (this.process = this.start()), restartAfter);
    });
    return child;
  }
}

function hasEnded({ exitCode, signalCode, pid }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null || pid === undefined;
}
