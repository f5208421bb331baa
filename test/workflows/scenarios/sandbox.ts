import type { Ephemeral } from '../../../core/ephemeral/environment.ts';
import type { Run } from '../../../core/requests/run.ts';
import { type Model, project, REPOSITORY, type World } from '../../support/memory-world.ts';

/** A repository whose default branch lets ephemeral environments be made of two projects. */
export function config(ephemeral = 'ttl: 8h'): string {
  return `
environments:
  prod:
    branch: main
    approval: { required: true }
projects:
  - dir: network
  - dir: app
    depends_on: [network]
ephemeral: { ${ephemeral} }
notifications:
  slack: { channel: "#deploys" }
`;
}

const URL = 'http://$environment.test/';

/** The default branch as it stands, and a branch with a change of it. Answers the branch's head. */
export function branches(world: World, text = config(), app: Partial<Model> = {}, branch = 'change'): string {
  const { repository } = world.ports;
  const models = {
    ...project('network', { value: 'n1' }),
    ...project('app', { value: 'a1 on $network', outputs: { url: URL, port: '80' } }),
  };
  repository.push('main', { 'cairn.yaml': text, ...models });
  return change(world, app, branch);
}

export function change(world: World, app: Partial<Model>, branch = 'change'): string {
  const model = { value: 'a2 on $network', outputs: { url: URL, port: '80' }, ...app };
  return world.ports.repository.push(branch, project('app', model), { from: 'main' });
}

export async function openPull(world: World, head = 'change') {
  return world.ports.pulls.open(REPOSITORY, { title: 'A change', body: '', head, base: 'main' });
}

export interface Asked {
  ref?: string;
  pull?: number;
  name?: string;
  ttl?: string;
  projects?: string[];
  login?: string;
  trigger?: string;
}

/** Two worlds that play the same ask the same. */
const asked = new WeakMap<World, number>();

/** Somebody asks for one; answers the runs, newest first, once none is under way. */
export async function up(world: World, { login = 'alice', trigger, ...what }: Asked): Promise<Run[]> {
  const count = (asked.get(world) ?? 0) + 1;
  asked.set(world, count);
  await world.request({
    command: 'ephemeral',
    repository: REPOSITORY,
    ...what,
    origin: { source: 'cli', login, trigger: trigger ?? `up-${count}` },
  });
  return world.settled();
}

/** What a webhook of a pull request asks for. */
export async function pushed(world: World, pull: number, action = 'synchronize'): Promise<Run[]> {
  const { head } = await world.ports.pulls.get(REPOSITORY, pull);
  await world.request({
    command: 'plan',
    repository: REPOSITORY,
    pull,
    commit: head.sha,
    asked: false,
    origin: { source: 'webhook', login: 'bob', trigger: `${pull}/${head.sha}/${action}` },
  });
  return world.settled();
}

export async function known(world: World, environment: string): Promise<Ephemeral | null> {
  return world.ports.ephemerals.get(REPOSITORY, environment);
}

/** What stands in an environment, by project. */
export function standing(world: World, environment: string): Record<string, string> {
  const of = [...world.state].filter(([key]) => key.startsWith(`${environment}/`) && !key.includes(':'));
  return Object.fromEntries(of.map(([key, value]) => [key.slice(environment.length + 1), value]));
}
