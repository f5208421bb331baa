import { once } from 'node:events';
import type { HostModules } from './commands/hosting.ts';
import { CliError, EXIT } from './exit.ts';

/** Host 3, loaded when a command needs it. */
export const localModules: HostModules = {
  async serve(options, signal, ready) {
    const [{ startServer }, { jsonLog }] = await Promise.all([
      import('../local/server.ts'),
      import('../local/log.ts'),
    ]);
    const server = await startServer({ ...options, log: jsonLog() }).catch((error: unknown) => {
      throw sayPort(error, options);
    });
    ready(server.url);
    if (!signal.aborted) await once(signal, 'abort');
    await server.close();
  },
  demo: async ({ exit }, signal) => (await import('../local/demo/index.ts')).demo({ exit }, signal),
  findBinaries: async (search) => (await import('../local/binaries.ts')).findBinaries(search),
  states: () => import('../local/jobs/states.ts'),
  aws: () => import('./aws/index.ts'),
};

function sayPort(error: unknown, { host, port }: { host: string; port: number }): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (code !== 'EADDRINUSE' && code !== 'EACCES' && code !== 'EADDRNOTAVAIL') return error;
  const why = {
    EADDRINUSE: 'something else listens there',
    EACCES: 'this user may not',
    EADDRNOTAVAIL: 'this machine has no such address',
  }[code];
  return new CliError(
    EXIT.bad,
    `Cairn cannot listen on ${host}:${port}: ${why}. Choose another with --host and --port.`,
    { cause: error },
  );
}
