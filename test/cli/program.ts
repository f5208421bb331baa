import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { serve } from '@hono/node-server';
import { createApp } from '../../api/app.ts';
import type { ApiHost } from '../../api/host.ts';
import type { HostModules } from '../../cli/commands/hosting.ts';
import { runCli } from '../../cli/index.ts';
import type { Io } from '../../cli/io.ts';
import { ADMIN } from '../api/host.ts';

interface Said {
  code: number;
  out: string;
  err: string;
}

/** Something that happens, once, as soon as a text was said. */
interface When {
  said: string;
  happens(): Promise<void>;
}

export interface Program {
  /** A folder of its own, which is also HOME. */
  home: string;
  run(args: string[], more?: Partial<Io> & { modules?: Partial<HostModules>; when?: When }): Promise<Said>;
  close(): Promise<void>;
}

/** `cairn` in this process, in an empty home without a terminal; `server` is what CAIRN_SERVER says. */
export async function program(server: string | null = null): Promise<Program> {
  const home = await mkdtemp(path.join(tmpdir(), 'cairn-cli-'));
  return {
    home,
    async run(args, { modules, when, ...more } = {}) {
      const said = { out: '', err: '' };
      let waits = when;
      const hear = () => {
        if (!waits || !`${said.out}${said.err}`.includes(waits.said)) return;
        const { happens } = waits;
        waits = undefined;
        void happens();
      };
      const io: Io = {
        out: (text) => {
          said.out += text;
          hear();
        },
        err: (text) => {
          said.err += text;
          hear();
        },
        env: {
          HOME: home,
          PATH: process.env['PATH'],
          ...(server ? { CAIRN_SERVER: server, CAIRN_TOKEN: ADMIN } : {}),
        },
        cwd: home,
        outIsTerminal: false,
        errIsTerminal: false,
        inIsTerminal: false,
        ask: async () => '',
        signal: new AbortController().signal,
        ...more,
      };
      const code = await runCli(args, io, { ...noModules, ...modules });
      return { code, ...said };
    },
    close: () => rm(home, { recursive: true, force: true }),
  };
}

const noModules: HostModules = {
  serve: () => Promise.reject(new Error('not in this test')),
  demo: () => Promise.reject(new Error('not in this test')),
  findBinaries: async () => [],
  states: () => Promise.reject(new Error('not in this test')),
  aws: () => Promise.reject(new Error('not in this test')),
};

/** The app on a port of 127.0.0.1. */
export async function listen(host: ApiHost): Promise<{ url: string; close(): Promise<void> }> {
  const server = serve({
    fetch: createApp(host).fetch,
    hostname: '127.0.0.1',
    port: 0,
    overrideGlobalObjects: false,
  });
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      if ('closeAllConnections' in server) server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
