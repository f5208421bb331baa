import { tellSlack } from '../../../core/reports/slack/sink-slack.ts';
import type { Run } from '../../../core/requests/run.ts';
import { REPOSITORY, type World } from '../../support/memory-world.ts';
import { CONFIG, shop } from './shop.ts';

/** How often it was asked for: each time is another trigger. */
const asks = new WeakMap<World, number>();

/** Somebody asks for it; answers its run, ended. */
export async function look(
  world: World,
  environment = 'prod',
  more: { reconcile?: true; pull?: number } = {},
): Promise<Run> {
  const asked = (asks.get(world) ?? 0) + 1;
  asks.set(world, asked);
  world.ports.clock.pass(600);
  const origin = { source: 'api' as const, login: 'bob', trigger: `look-${asked}` };
  await world.request({ command: 'drift', repository: REPOSITORY, environment, origin, ...more });
  const runs = await world.settled();
  const run = runs.find(({ workflow }) => workflow === 'drift');
  if (!run) throw new Error('nobody looked for drift');
  return run;
}

/** As a schedule of the configuration does, at a time that is due. */
export async function scheduled(world: World): Promise<Run[]> {
  await world.call('StartDriftChecks', { repositories: [REPOSITORY] });
  return (await world.settled()).filter(({ workflow }) => workflow === 'drift');
}

export const log = ({ ports }: World): string[] => {
  const { refs, commits } = ports.repository;
  const subjects: string[] = [];
  for (let at = refs.get('refs/heads/cairn/record'); at !== undefined; at = commits.get(at)?.parents[0]) {
    subjects.push(commits.get(at)?.message.split('\n')[0] ?? '');
  }
  return subjects;
};

export async function deployed(world: World, config: string): Promise<string> {
  const commit = await world.push(shop({ value: 'n1' }, { value: 'a1' }, config));
  await world.settled();
  await world.approve();
  await world.settled();
  world.jobs.length = 0;
  return commit;
}

export function withDrift(more: string, config = CONFIG): string {
  return config.replace('rollback: automatic', `rollback: automatic\n    drift: { ${more} }`);
}

/** What a channel reads, told event by event; each once. */
export async function slack(world: World): Promise<string[]> {
  const { runs, chat } = world.ports;
  for (const run of (await runs.list({ repository: REPOSITORY, workflow: 'drift', limit: 50 })).reverse()) {
    for (const event of await runs.events(run.id)) await tellSlack(event, world.ports);
  }
  return [...chat.messages.values()].map(({ message }) => message.text);
}

/** Deploys, newest first. */
export async function deploys(world: World): Promise<Run[]> {
  return (await world.ports.runs.list({ repository: REPOSITORY, limit: 50 })).filter(
    ({ workflow }) => workflow === 'deploy',
  );
}

/** Names of the calls that write an issue from now on. */
export function watchEdits({ ports }: World): string[] {
  const calls: string[] = [];
  const { open, edit } = ports.issues;
  Object.assign(ports.issues, {
    open: (...args: Parameters<typeof open>) => {
      calls.push('open');
      return open(...args);
    },
    edit: (...args: Parameters<typeof edit>) => {
      calls.push('edit');
      return edit(...args);
    },
  });
  return calls;
}

/** From now on a deploy takes the environment while it is planned, and leaves it if it is told to. */
export function interrupt({ ports }: World, { leaves = true } = {}): void {
  const { runKey } = ports.keys;
  let deploys = 0;
  Object.assign(ports.keys, {
    async runKey(id: string) {
      const runId = `${++deploys}`.padStart(20, 'e');
      const claim = {
        runId,
        token: 't',
        command: 'deploy',
        commit: null,
        at: ports.clock.now().toISOString(),
      };
      await ports.locks.claim(REPOSITORY, 'prod', claim);
      if (leaves) await ports.locks.release(REPOSITORY, 'prod', runId);
      return runKey(id);
    },
  });
}
