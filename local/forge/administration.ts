import { generateKeyPair } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { addHook } from './api/hooks.ts';
import { git } from './git.ts';
import type { Deliverer } from './hooks.ts';
import type { Permission, RepositoryRow, WorkflowRunRow } from './state.ts';
import { findRepository, findUser, gitDir, nextId, now, type World } from './world.ts';
import { initRepository } from './write.ts';

/** What is done to the forge by whoever runs it, rather than through its API. */
export interface Administration {
  /** An empty repository; answers quietly if it is there already. */
  addRepository(
    name: string,
    options?: { private?: boolean; defaultBranch?: string; description?: string },
  ): Promise<void>;
  /** A copy of `source` under another owner, whose branches can become pull requests of `source`. */
  fork(source: string, owner: string): Promise<string>;
  /** A person (or, with `bot`, a machine) with a token for the API and for git. */
  addUser(
    login: string,
    token: string,
    permissions?: Record<string, Permission>,
    options?: { bot?: boolean; email?: string },
  ): void;
  /** A GitHub App, installed everywhere with write permission; its key is new each time. */
  addApp(slug: string): Promise<{ appId: number; privateKey: string; installationId: number; login: string }>;
  addHook(repository: string, hook: { url: string; secret: string; events?: string[] }): void;
  /** A workflow of GitHub Actions is at work, or was; answers its id. Nothing runs here. */
  addWorkflowRun(
    repository: string,
    run: Pick<WorkflowRunRow, 'sha' | 'branch' | 'actor'> & Partial<Omit<WorkflowRunRow, 'id'>>,
  ): number;
  /** Folder of the bare repository. */
  gitDir(repository: string): string;
}

export function administration(world: World, deliverer: Deliverer) {
  const { state } = world.store;
  const need = (name: string): RepositoryRow => {
    const repository = findRepository(world, name);
    if (!repository) throw new Error(`the forge has no repository ${name}: call addRepository first`);
    return repository;
  };
  const make = async (name: string, row: Partial<RepositoryRow>): Promise<RepositoryRow> => {
    const repository = newRow(world, name, row);
    await rm(gitDir(world, repository), { recursive: true, force: true });
    await initRepository(gitDir(world, repository), repository.defaultBranch);
    state.repositories[name.toLowerCase()] = repository;
    world.store.touch();
    world.store.flush();
    return repository;
  };
  const addUser: Administration['addUser'] = (login, token, permissions = {}, options = {}) => {
    const user = findUser(world, login);
    const email = options.email ?? user?.email ?? `${login}@example.com`;
    if (user) user.email = email;
    else
      state.users.push({
        id: nextId(world),
        login,
        type: options.bot ? 'Bot' : 'User',
        email,
        createdAt: now(world),
      });
    if (token !== '') state.tokens[token] = { login, until: null };
    for (const [name, permission] of Object.entries(permissions)) need(name).permissions[login] = permission;
    world.store.touch();
    world.store.flush();
  };
  return {
    addUser,
    async addRepository(
      name: string,
      options: { private?: boolean; defaultBranch?: string; description?: string } = {},
    ) {
      if (!findRepository(world, name)) await make(name, options);
    },
    async fork(source: string, owner: string) {
      const from = need(source);
      const name = `${owner}/${from.name}`;
      if (findRepository(world, name)) return name;
      const parent = `${from.owner}/${from.name}`;
      const copy = await make(name, { private: from.private, defaultBranch: from.defaultBranch, parent });
      await git(gitDir(world, copy), ['fetch', '--quiet', gitDir(world, from), '+refs/heads/*:refs/heads/*']);
      return name;
    },
    async addApp(slug: string) {
      const keys = await promisify(generateKeyPair)('rsa', {
        modulusLength: 2048,
        publicKeyEncoding: { type: 'spki', format: 'pem' },
        privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      });
      const login = `${slug}[bot]`;
      addUser(login, '', {}, { bot: true, email: `${slug}[bot]@users.noreply.github.com` });
      let app = state.apps.find((row) => row.slug === slug);
      if (!app) {
        app = {
          id: nextId(world),
          slug,
          installationId: nextId(world),
          publicKey: '',
          createdAt: now(world),
        };
        state.apps.push(app);
      }
      app.publicKey = keys.publicKey;
      for (const repository of Object.values(state.repositories)) repository.permissions[login] = 'write';
      world.store.touch();
      world.store.flush();
      return { appId: app.id, privateKey: keys.privateKey, installationId: app.installationId, login };
    },
    addHook(repository: string, hook: { url: string; secret: string; events?: string[] }) {
      addHook(world, deliverer, need(repository), hook);
      world.store.flush();
    },
    addWorkflowRun(name: string, run: Parameters<Administration['addWorkflowRun']>[1]) {
      const repository = need(name);
      const id = nextId(world);
      repository.workflowRuns = [
        ...(repository.workflowRuns ?? []),
        {
          id,
          headRepository: `${repository.owner}/${repository.name}`,
          event: 'push',
          status: 'in_progress',
          attempt: 1,
          triggeringActor: run.actor,
          createdAt: now(world),
          ...run,
        },
      ];
      world.store.touch();
      world.store.flush();
      return id;
    },
    gitDir: (repository: string) => gitDir(world, need(repository)),
  };
}

function newRow(world: World, name: string, row: Partial<RepositoryRow>): RepositoryRow {
  const [owner = '', short = ''] = name.split('/');
  if (!/^[A-Za-z0-9][A-Za-z0-9-]*$/.test(owner) || !/^[A-Za-z0-9_-][A-Za-z0-9._-]*$/.test(short)) {
    throw new Error(`${name} is not a repository's name: write owner/name`);
  }
  const apps = world.store.state.apps.map((app) => [`${app.slug}[bot]`, 'write'] as const);
  return {
    id: nextId(world),
    owner,
    name: short,
    description: row.description ?? null,
    private: row.private ?? false,
    defaultBranch: row.defaultBranch ?? 'main',
    parent: row.parent ?? null,
    createdAt: now(world),
    pushedAt: now(world),
    permissions: Object.fromEntries(apps),
    nextNumber: 1,
    hooks: [],
    pulls: [],
    comments: [],
    checks: [],
    statuses: [],
    deployments: [],
  };
}
