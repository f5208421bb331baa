import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { startForge } from '../local/forge/forge.ts';

interface Setup {
  dir: string;
  repository: string;
  hook: { url: string; secret: string };
}

interface Ready {
  url: string;
  apiUrl: string;
  appId: number;
  privateKey: string;
}

export interface ForgeProcess extends Ready {
  token: string;
  close(): Promise<void>;
}

const TOKEN = 'token-of-bob';

/**
 * The forge in a process of its own, as GitHub is on machines of its own: the git that it starts for each
 * request would else be started from the server's process, and hold up its event loop.
 */
export async function forgeProcess(setup: Setup): Promise<ForgeProcess> {
  const child: ChildProcess = fork(fileURLToPath(import.meta.url), [], { execArgv: ['--import', 'tsx'] });
  child.send(setup);
  const [ready] = (await once(child, 'message')) as [Ready];
  return {
    ...ready,
    token: TOKEN,
    async close() {
      const ended = once(child, 'exit');
      child.send('close');
      await ended;
    },
  };
}

async function serve({ dir, repository, hook }: Setup): Promise<void> {
  const forge = await startForge({ dir });
  await forge.addRepository(repository);
  forge.addUser('bob', TOKEN, { [repository]: 'admin' });
  const { appId, privateKey } = await forge.addApp('cairn');
  process.once('message', () => void forge.close().then(() => process.exit(0)));
  const ready: Ready = { url: forge.url, apiUrl: forge.apiUrl, appId, privateKey };
  forge.addHook(repository, hook);
  process.send?.(ready);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.once('message', (setup) => void serve(setup as Setup));
}
