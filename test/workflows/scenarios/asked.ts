import { tellGithub } from '../../../core/reports/github/sink-github.ts';
import type { Run } from '../../../core/requests/run.ts';
import type { RunDocument } from '../../../core/runs/document.ts';
import { loadDocument } from '../../../core/runs/store.ts';
import { splitWords } from '../../../core/terraform/split-words.ts';
import { REPOSITORY, type World } from '../../support/memory-world.ts';
import { CONFIG, shop } from './shop.ts';

export const WRITING = `${CONFIG}commands: { allow: [state list, state rm, state mv, apply -replace, force-unlock] }\n`;

/** Everything is deployed, and those who may are allowed to change states. Answers the commit. */
export async function deployed(world: World, config = WRITING): Promise<string> {
  const commit = await world.push(shop({ value: 'n1' }, { value: 'a1' }, config));
  await world.settled();
  await world.approve();
  await world.settled();
  world.jobs.length = 0;
  return commit;
}

/** The same in each world that plays a scenario. */
const asked = new WeakMap<World, number>();

interface Asked {
  of?: string;
  environment?: string;
  pull?: number;
  login?: string;
}

export function ask(
  world: World,
  line: string,
  { of = 'app', environment = 'prod', pull, login = 'bob' }: Asked = {},
) {
  const count = (asked.get(world) ?? 0) + 1;
  asked.set(world, count);
  const args = splitWords(line);
  if ('problem' in args) throw new Error(args.problem);
  return world.request({
    command: 'run',
    repository: REPOSITORY,
    environment,
    project: of,
    args,
    ...(pull === undefined ? {} : { pull }),
    origin: { source: 'api', login, trigger: `run-${count}` },
  });
}

export async function newest(world: World): Promise<Run> {
  const [run] = await world.settled();
  if (!run) throw new Error('there is no run');
  return run;
}

export async function documentOf(world: World, run: Run): Promise<RunDocument> {
  const keys = await world.ports.artifacts.list(`runs/${run.id}/documents/`);
  return loadDocument(world.ports, keys.at(-1) ?? '');
}

/** What stands under the pull request once every event of the run was shown, in any order. */
export async function replies(world: World, run: Run): Promise<string[]> {
  const events = await world.ports.runs.events(run.id);
  for (const event of [...events, ...events.slice(0, 2)]) await tellGithub(event, world.ports);
  return [...world.ports.reports.comments.values()].map(({ body }) => body);
}

export function subjects(world: World): string[] {
  const { commits, refs } = world.ports.repository;
  const found: string[] = [];
  let at = refs.get('refs/heads/cairn/record');
  while (at !== undefined) {
    const commit = commits.get(at);
    found.push(commit?.message.split('\n')[0] ?? '');
    at = commit?.parents[0];
  }
  return found;
}

export const heldBy = async (world: World) =>
  (await world.ports.locks.held()).map(({ holder }) => holder?.command);
