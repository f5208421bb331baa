#!/usr/bin/env node
import { askOnTerminal } from './aws/prompt.ts';
import { localModules } from './host-modules.ts';
import { runCli } from './index.ts';

/** The program `cairn`. A first Ctrl-C ends in order, a second one at once. */
const leaving = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => leaving.abort());
}
// A reader that closes early (`cairn logs 12 | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

process.exitCode = await runCli(
  process.argv.slice(2),
  {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    env: process.env,
    cwd: process.cwd(),
    outIsTerminal: process.stdout.isTTY === true,
    errIsTerminal: process.stderr.isTTY === true,
    inIsTerminal: process.stdin.isTTY === true,
    ask: (question) => askOnTerminal(question),
    signal: leaving.signal,
  },
  localModules,
);
