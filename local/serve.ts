import type { ServeOptions } from '../cli/serve-options.ts';
import { jsonLog } from './log.ts';
import { startServer } from './server.ts';

/** `cairn serve`: runs until the signal. Jobs that run then go on, and the next start finds them. */
export async function serve(
  options: ServeOptions,
  signal: AbortSignal,
  ready: (url: string) => void,
): Promise<void> {
  const log = jsonLog();
  const server = await startServer({ ...options, log });
  if (!server.host.jobs.isolated) {
    log('warn', 'jobs run as the user of this server: whoever can open a pull request can read its keys', {
      help: 'run it as root, so that jobs get users of their own; see docs/security.md',
    });
  }
  ready(server.url);
  if (!signal.aborted) {
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  }
  await server.close();
}
