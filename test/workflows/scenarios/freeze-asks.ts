import type { DeployRequest, FreezeRequest } from '../../../core/requests/request.ts';
import { REPOSITORY, type World } from '../../support/memory-world.ts';
import { CONFIG, shop } from './shop.ts';

export const QUEUE = CONFIG.replace('    branch: main\n', '    branch: main\n    while_frozen: queue\n');

/** The same in each world that plays a scenario. */
const asked = new WeakMap<World, number>();
export function origin(world: World, login: string) {
  const count = (asked.get(world) ?? 0) + 1;
  asked.set(world, count);
  return { source: 'api' as const, login, trigger: `freeze-${count}` };
}

export function freeze(world: World, more: Partial<FreezeRequest> = {}, login = 'alice') {
  const command = { command: 'freeze' as const, repository: REPOSITORY, environment: 'prod' };
  return world.request({ ...command, reason: 'release week', ...more, origin: origin(world, login) });
}

export function unfreeze(world: World, login = 'bob') {
  const command = { command: 'unfreeze' as const, repository: REPOSITORY, environment: 'prod' };
  return world.request({ ...command, origin: origin(world, login) });
}

export function deploy(world: World, login: string, more: Partial<DeployRequest> = {}) {
  const command = { command: 'deploy' as const, repository: REPOSITORY, environment: 'prod', retry: false };
  return world.request({ ...command, ...more, origin: origin(world, login) });
}

/** Deployed under a policy that lets deploys wait. */
export async function queueing(world: World): Promise<void> {
  await world.push(shop({ value: 'n1' }, { value: 'a1' }, QUEUE));
  await world.settled();
  await world.approve();
  await world.settled();
  world.jobs.length = 0;
}

export function log(world: World): string[] {
  const { commits, refs } = world.ports.repository;
  const subjects: string[] = [];
  let at = refs.get('refs/heads/cairn/record');
  while (at !== undefined) {
    const commit = commits.get(at);
    subjects.push(commit?.message.split('\n')[0] ?? '');
    at = commit?.parents[0];
  }
  return subjects;
}
