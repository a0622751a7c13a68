#!/usr/bin/env node
import { Console } from 'node:console';
import { runCommand } from './cli.js';
import { ExitCode, reasonOf } from './exit.code.js';
import { oneLine } from './terminal.js';

const { stdout, stderr } = process;
const write = stdout.write.bind(stdout);
// The application's own output, however it prints, must stay out of the result.
stdout.write = stderr.write.bind(stderr);
globalThis.console = new Console(stderr, stderr);

let isDone = false;
// An application that ends the process must not look like a breaking change.
process.once('exit', () => {
  if (isDone) return;
  stderr.write('The application has ended the process before its routes were read.\n');
  process.exitCode = ExitCode.failed;
});
process.on('uncaughtException', (error) => {
  void end(ExitCode.failed, `The application failed: ${reasonOf(error)}`);
});

/** Waits only for the output, even if the application still holds something open. */
async function end(code: ExitCode, fault?: string): Promise<void> {
  if (fault !== undefined) stderr.write(`${oneLine(fault)}\n`);
  await Promise.all(
    [write, stderr.write.bind(stderr)].map((each) => new Promise((done) => each('', done))),
  );
  isDone = true;
  process.exit(code);
}

async function main(): Promise<void> {
  const code = await runCommand(process.argv.slice(2), {
    folder: process.cwd(),
    isGitHub: process.env['GITHUB_ACTIONS'] === 'true',
    print: (line) => {
      write(`${line}\n`);
    },
    warn: (line) => {
      stderr.write(`${line}\n`);
    },
  });
  await end(code);
}

main().catch((error: unknown) => end(ExitCode.failed, reasonOf(error)));
