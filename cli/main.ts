import { runCli } from './index.ts';

/** The program `cairn`. */
const leaving = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => leaving.abort());
}

process.exitCode = await runCli(
  process.argv.slice(2),
  {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    env: process.env,
    cwd: process.cwd(),
    outIsTerminal: process.stdout.isTTY === true,
    errIsTerminal: process.stderr.isTTY === true,
    signal: leaving.signal,
  },
  {
    serve: async (options, signal, ready) => (await import('../local/serve.ts')).serve(options, signal, ready),
    demo: async (options, signal) => (await import('../local/demo/index.ts')).demo(options, signal),
    findBinaries: async (search) => (await import('../local/binaries.ts')).findBinaries(search),
    states: () => import('../local/jobs/states.ts'),
  },
);
