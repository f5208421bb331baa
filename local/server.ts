import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { serve } from '@hono/node-server';
import { type GithubForge, githubForge } from '../adapters/github/github-forge.ts';
import { signatureVerifier } from '../adapters/github/signature.ts';
import { slackChat } from '../adapters/slack/chat.ts';
import { createApp } from '../api/app.ts';
import type { ApiHost } from '../api/host.ts';
import type { Log } from '../core/log.ts';
import type { Chat, Clock } from '../core/ports.ts';
import { requestKey } from '../core/requests/request.ts';
import { WORKFLOWS } from '../core/requests/run.ts';
import { STEPS } from '../core/steps/index.ts';
import { type Binary, findBinaries } from './binaries.ts';
import type { EngineOptions } from './engine/index.ts';
import { createHost, type Host } from './host.ts';
import { fetchOpenTofu, OPENTOFU_VERSION } from './opentofu.ts';
import { installRoot } from './root.ts';
import { adminToken } from './token.ts';

/** What `cairn serve` is started with, checked. */
export interface ServeOptions {
  /** Absolute path of the data folder. */
  data: string;
  host: string;
  /** 0: the system chooses. */
  port: number;
  /** Base URL of GitHub's REST API. */
  githubUrl: string;
  github: { kind: 'token'; token: string } | { kind: 'app'; appId: string; keyFile: string };
  webhookSecret: string;
  repositories: string[];
  slackToken: string | null;
  /** What Slack signs clicks with; without it there are no buttons. */
  slackSigningSecret?: string;
  /** Jobs at the same time. */
  concurrency: number;
  /** Absolute path of a folder for terraform's `filesystem_mirror`. */
  providerMirror: string | null;
  /** Without a trailing slash; null: the address that the server listens on. */
  publicUrl: string | null;
  /** `open` only where nobody but this machine can reach the server. */
  pages: 'open' | 'token';
}

export interface Server {
  /** Address that it listens on. */
  url: string;
  adminToken: string;
  host: Host;
  /** Jobs that run go on, and are found again by the next start. */
  close(): Promise<void>;
}

export interface ServerOptions extends ServeOptions {
  log: Log;
  clock?: Clock;
  /** Instead of looking on the PATH. */
  binaries?: Binary[];
  onCheckpoint?: EngineOptions['onCheckpoint'];
  /** Instead of Slack's own address. */
  slackApiUrl?: string;
  /** Instead of where Slack's clicks are answered. */
  slackResponses?: string;
  /** Instead of GitHub. */
  forge?: GithubForge;
}

/** Host 3 with its HTTP side. Throws InvalidInput, saying what is missing, before it listens. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { log, clock = { now: () => new Date() } } = options;
  const verify = signatureVerifier(options.webhookSecret);
  const binaries = options.binaries ?? (await binariesFor(options.data, log));
  let address = options.publicUrl;
  const forge =
    options.forge ??
    githubForge({
      baseUrl: options.githubUrl,
      auth: await credentials(options.github),
      webhookUrl: () => (address === null ? null : `${address.replace(/\/+$/, '')}/webhook`),
      clock,
      log: (message, fields) => log('warn', message, fields),
    });
  const token = await adminToken(options.data);
  const self = await forge.self();

  // Links need the address, which is known only once the server listens: the app comes after.
  let app: { fetch: (request: Request) => Response | Promise<Response> } | null = null;
  const http = serve({
    fetch: (request) => app?.fetch(request) ?? new Response('starting', { status: 503 }),
    hostname: options.host,
    port: options.port,
    overrideGlobalObjects: false,
  });
  await Promise.race([once(http, 'listening'), once(http, 'error').then(([error]) => Promise.reject(error))]);
  const url = `http://${options.host}:${(http.address() as AddressInfo).port}`;
  address ??= url;

  const host = await createHost({
    dataDir: options.data,
    forge,
    chat: slackOf(options),
    repositories: options.repositories,
    publicUrl: address,
    executor: path.join(installRoot(), 'dist', 'executor.mjs'),
    binaries,
    providerMirror: options.providerMirror,
    concurrency: options.concurrency,
    clock,
    log,
    ...(options.onCheckpoint ? { onCheckpoint: options.onCheckpoint } : {}),
  });
  if (!host.jobs.isolated) {
    log('warn', 'jobs run as the user of this server: whoever can open a pull request can read its keys', {
      help: 'run it as root, so that jobs get users of their own; docs/security.md says more',
    });
  }
  app = createApp(apiHost(options, host, { self, token, verify }));
  host.start();

  return {
    url,
    adminToken: token,
    host,
    async close() {
      if ('closeAllConnections' in http) http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
      await host.close();
    },
  };
}

function slackOf(options: ServerOptions): Chat | null {
  const { slackToken: token, slackSigningSecret, slackApiUrl: apiUrl, slackResponses: respondTo } = options;
  if (token === null) return null;
  const own = {
    ...(apiUrl === undefined ? {} : { apiUrl }),
    ...(respondTo === undefined ? {} : { respondTo }),
  };
  return slackChat({ token, buttons: slackSigningSecret !== undefined, ...own });
}

/** What is installed; where nothing is, a pinned OpenTofu in the data folder. */
async function binariesFor(dataDir: string, log: Log): Promise<Binary[]> {
  const installed = await findBinaries(process.env['PATH'] ?? '');
  if (installed.length > 0) return installed;
  log('info', 'fetching OpenTofu, since neither terraform nor tofu is on the PATH', {
    version: OPENTOFU_VERSION,
  });
  const folder = await fetchOpenTofu({ dir: path.join(dataDir, 'binaries') });
  return findBinaries('', [folder]);
}

async function credentials(github: ServeOptions['github']) {
  if (github.kind === 'token') return { token: github.token };
  return { app: { appId: github.appId, privateKey: await readFile(github.keyFile, 'utf8') } };
}

function apiHost(
  options: ServerOptions,
  host: Host,
  own: { self: string | null; token: string; verify: ReturnType<typeof signatureVerifier> },
): ApiHost {
  const { ports, stores, engine } = host;
  return {
    ports,
    verifySignature: (body, signature) => own.verify(new TextEncoder().encode(body), signature),
    adminToken: own.token,
    slackSigning: async () => options.slackSigningSecret ?? null,
    repositories: options.repositories,
    self: own.self,
    accept: (delivery, requests) =>
      stores.bus.claimDelivery(
        delivery,
        requests.map((request) => ({ request, key: requestKey(request) })),
      ),
    request: (request) => STEPS.RouteRequest.run(request, ports),
    history: async (runId) => {
      const workflow = WORKFLOWS.find((name) => engine.describe(name, runId));
      if (!workflow) return [];
      return engine.history(workflow, runId).map(({ state, at, kind, error }) => ({
        state,
        at,
        what: error === null ? kind : `${kind}: ${error}`,
      }));
    },
    pages: options.pages,
    log: options.log,
    health: async () => ({ binaries: ports.binaries, isolated: host.jobs.isolated }),
  };
}
