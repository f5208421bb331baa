import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Binary, findBinaries } from '../../local/binaries.ts';
import { readState } from '../../local/jobs/states.ts';
import { type Server, startServer } from '../../local/server.ts';
import { type Ground, type Hosted, REPOSITORY, startWorld, type World } from './world.ts';

export { REPOSITORY } from './world.ts';

interface RealWorldOptions {
  /** False: the forge tells the server nothing. */
  hook?: boolean;
  /** The server's `secrets.yaml`. */
  secrets?: Record<string, string>;
  /** Slack's Web API; without it the server tells Slack nothing. */
  slackApiUrl?: string;
  /** What Slack signs clicks with, and where they are answered; without it there are no buttons. */
  slackClicks?: { secret: string; responses: string };
}

/** A world whose Cairn is a server in this process. */
export interface RealWorld extends World {
  server: Server;
  /** Lines of the server's log, whole. */
  told: string[];
  /** Ends the server and starts it again over the same data. */
  restart(): Promise<void>;
  /** Sets the server's clock forward, and lets it see what is due. */
  pass(hours: number): void;
}

let found: Promise<Binary[]> | null = null;

export async function startRealWorld(options: RealWorldOptions = {}): Promise<RealWorld> {
  let local: Local | undefined;
  const world = await startWorld({
    ...(options.hook === undefined ? {} : { hook: options.hook }),
    host: async (ground) => {
      local = await startLocal(ground, options);
      return local;
    },
  });
  if (!local) throw new Error('the server was not started');
  const { told } = local;
  return Object.defineProperty(
    Object.assign(world, {
      told,
      restart: () => local?.restart() ?? Promise.resolve(),
      pass: (hours: number) => local?.pass(hours),
    }),
    'server',
    { get: () => local?.server() },
  ) as RealWorld;
}

interface Local extends Hosted {
  server(): Server;
  restart(): Promise<void>;
  pass(hours: number): void;
}

async function startLocal(ground: Ground, options: RealWorldOptions): Promise<Local> {
  const { dir, forge, app, webhookSecret } = ground;
  const data = path.join(dir, 'data');
  await mkdir(data, { mode: 0o700 });
  if (options.secrets) {
    await writeFile(path.join(data, 'secrets.yaml'), JSON.stringify(options.secrets), { mode: 0o600 });
  }
  const keyFile = path.join(dir, 'app.pem');
  await writeFile(keyFile, app.privateKey, { mode: 0o600 });
  const told: string[] = [];
  found ??= findBinaries(process.env['PATH'] ?? '');
  const binaries = await found;
  let ahead = 0;
  const start = (port = 0) =>
    startServer({
      data,
      clock: { now: () => new Date(Date.now() + ahead) },
      host: '127.0.0.1',
      port,
      githubUrl: forge.apiUrl,
      github: { kind: 'app', appId: String(app.appId), keyFile },
      webhookSecret,
      repositories: [REPOSITORY],
      slackToken: options.slackApiUrl === undefined ? null : 'xoxb-of-a-test',
      ...(options.slackApiUrl === undefined ? {} : { slackApiUrl: options.slackApiUrl }),
      ...(options.slackClicks === undefined
        ? {}
        : {
            slackSigningSecret: options.slackClicks.secret,
            slackResponses: options.slackClicks.responses,
          }),
      concurrency: 2,
      providerMirror: null,
      publicUrl: null,
      pages: 'open',
      binaries,
      log: (level, message, fields) => void told.push(`${level} ${message} ${JSON.stringify(fields)}`),
    });
  let server = await start();
  return {
    server: () => server,
    get url() {
      return server.url;
    },
    get ports() {
      return server.host.ports;
    },
    told,
    running: async ({ workflow, id }) => server.host.engine.describe(workflow, id)?.status === 'running',
    steps: async ({ workflow, id }) =>
      server.host.engine
        .history(workflow, id)
        .filter(({ kind }) => kind === 'entered')
        .map(({ state }) => state),
    state: (key) => readState(server.host.jobs.states, key),
    async restart() {
      const { port } = new URL(server.url);
      await server.close();
      server = await start(Number(port));
    },
    pass(hours) {
      ahead += hours * 3_600_000;
      server.host.stores.schedules.wake();
    },
    close: () => server.close(),
  };
}
