import path from 'node:path';
import { playStory } from './story.ts';
import type { Teller } from './teller.ts';
import { makeWorld } from './world.ts';

export interface DemoFlags {
  /** End after the story instead of staying up. */
  exit: boolean;
  /** Folder for what the demo keeps; made anew each time. */
  dir?: string;
  write?: (text: string) => void;
}

/** Plays the main job and stays up. Resolves to the exit code: 0 only if all of the story was seen. */
export async function demo(flags: DemoFlags, signal: AbortSignal): Promise<number> {
  const write = flags.write ?? ((text: string) => void process.stdout.write(text));
  const tell = teller(write);
  const dir = flags.dir ?? path.resolve('.cairn', 'demo');
  const ports = flags.exit ? { forge: 0, server: 0 } : { forge: 8475, server: 8474 };
  const world = await makeWorld({ dir, ports });
  write(`\nA local GitHub ("forge")  ${world.forge.url}\nThe Cairn server          ${world.server.url}\n`);
  try {
    await playStory(world, tell);
    if (!flags.exit) {
      write(invitation(world));
      await aborted(signal);
    }
    return 0;
  } catch (error) {
    write(
      `\n${error instanceof Error ? error.message : String(error)}\nThe server's log: ${path.join(dir, 'server.log')}\n`,
    );
    return 1;
  } finally {
    await world.close();
  }
}

function aborted(signal: AbortSignal): Promise<unknown> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}

function teller(write: (text: string) => void): Teller {
  return {
    chapter: (title) => write(`\n${title}\n${'-'.repeat(title.length)}\n`),
    line: (text) => write(`  ${text}\n`),
    show: (text) => write(`${cut(text).replace(/^/gm, '    | ')}\n`),
  };
}

const MOST_LINES = 60;

function cut(text: string): string {
  const lines = text.split('\n');
  if (lines.length <= MOST_LINES) return text;
  return [...lines.slice(0, MOST_LINES), `… ${lines.length - MOST_LINES} more lines`].join('\n');
}

function invitation({ forge, server, bob, shop }: Awaited<ReturnType<typeof makeWorld>>): string {
  const clone = new URL(`${forge.url}/acme/shop.git`);
  clone.username = bob.login;
  clone.password = bob.token;
  return `
Your turn
---------
  The repository     ${forge.url}/acme/shop
  Cairn's pages      ${server.url}
  The shop           ${shop.url}

  A change of your own:
    git clone ${clone.href}
    cd shop && git switch -c mine
    $EDITOR app/products.json            # another price
    git commit -am "Another price" && git push origin mine
    Open the pull request on the repository's page. Comments do the rest: /cairn up, /cairn help

  The command line:
    export CAIRN_SERVER=${server.url} CAIRN_TOKEN=${server.adminToken}
    npx cairn status
    npx cairn env up --ref main --ttl 1h --wait
    npx cairn --help

  Ctrl-C ends the demo and all that it started.
`;
}
