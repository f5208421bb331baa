import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import type { Log } from '../../core/log.ts';
import { type Forge, startForge } from '../forge/forge.ts';
import { jsonLog } from '../log.ts';
import { installRoot } from '../root.ts';
import { type Server, startServer } from '../server.ts';
import { type Checkout, cloneOf, placeShop } from './checkout.ts';
import { freePort } from './free-port.ts';
import { newcomer, type Person } from './people.ts';

export const REPOSITORY = 'acme/shop';

/** A forge, a Cairn server and two people on this machine, with the shop's repository still empty. */
export interface DemoWorld {
  forge: Forge;
  server: Server;
  alice: Person;
  bob: Person;
  checkout: Checkout;
  shop: { home: string; url: string };
  shopFiles(to: string): Promise<void>;
  close(): Promise<void>;
}

interface DemoOptions {
  /** Folder for everything that the demo keeps; made anew. */
  dir: string;
  ports: { forge: number; server: number };
}

export async function makeWorld(options: DemoOptions): Promise<DemoWorld> {
  await rm(options.dir, { recursive: true, force: true });
  await mkdir(options.dir, { recursive: true });
  const forge = await startForge({ dir: path.join(options.dir, 'forge'), port: options.ports.forge });
  await forge.addRepository(REPOSITORY, { description: 'A small shop, deployed by Cairn' });
  const alice = newcomer(forge, REPOSITORY, 'alice', 'admin');
  const bob = newcomer(forge, REPOSITORY, 'bob', 'write');

  const app = await forge.addApp('cairn');
  const keyFile = path.join(options.dir, 'app.pem');
  await writeFile(keyFile, app.privateKey, { mode: 0o600 });
  const webhookSecret = randomBytes(32).toString('hex');
  const server = await startServer({
    data: path.join(options.dir, 'data'),
    host: '127.0.0.1',
    port: options.ports.server,
    githubUrl: forge.apiUrl,
    github: { kind: 'app', appId: String(app.appId), keyFile },
    webhookSecret,
    repositories: [REPOSITORY],
    slackToken: null,
    concurrency: availableParallelism(),
    providerMirror: null,
    publicUrl: null,
    pages: 'open',
    log: await fileLog(path.join(options.dir, 'server.log')),
  });
  forge.addHook(REPOSITORY, { url: `${server.url}/webhook`, secret: webhookSecret });

  // Outside of the data folder, and open to the user that applies run as.
  const shopDir = await mkdtemp(path.join(tmpdir(), 'cairn-shop-'));
  await chmod(shopDir, 0o1777);
  const home = path.join(shopDir, 'home');
  const ports = [await freePort(), await freePort()] as const;
  const checkout = await cloneOf(`${forge.url}/${REPOSITORY}.git`, bob);
  return {
    forge,
    server,
    alice,
    bob,
    checkout,
    shop: { home, url: `http://127.0.0.1:${ports[0]}` },
    shopFiles: (to) => placeShop(path.join(installRoot(), 'examples', 'shop'), to, home, ports),
    async close() {
      await server.close();
      await forge.close();
      for (const folder of await homesOf(home)) await stopShop(folder);
      await checkout.remove();
      await rm(shopDir, { recursive: true, force: true });
    },
  };
}

async function fileLog(file: string): Promise<Log> {
  const { createWriteStream } = await import('node:fs');
  const stream = createWriteStream(file, { flags: 'a', mode: 0o600 });
  return jsonLog((line) => void stream.write(line));
}

/** Its own, and those of the ephemeral environments that still stand. */
async function homesOf(home: string): Promise<string[]> {
  const names = await readdir(path.dirname(home)).catch(() => []);
  return names
    .filter((name) => name.startsWith(path.basename(home)))
    .map((name) => path.join(home, '..', name));
}

/** The shop's process, by the file that its own module keeps. */
async function stopShop(home: string): Promise<void> {
  const text = await readFile(path.join(home, 'shop.pid'), 'utf8').catch(() => '');
  const pid = Number(text.split('\n')[0]);
  if (!Number.isInteger(pid) || pid < 2) return;
  try {
    process.kill(pid, 'SIGTERM');
  } catch {
    // It is gone already.
  }
}
