import type { WorkflowName } from '../../core/requests/run.ts';
import type { Engine } from '../../local/engine/index.ts';
import { localEngine, type OpenEngine } from '../support/memory-engine.ts';
import { createWorld, project, REPOSITORY, type World } from '../support/memory-world.ts';
import { ask } from '../workflows/scenarios/standing.ts';

/**
 * State transitions of typical runs, which is what Step Functions is paid by: every state that is entered, those
 * inside of a Map once for each item. Counted by the real workflows and steps on the engine of one machine.
 */
export const RUNS = {
  'plan of 1 project': (world) => plan(world, 1),
  'plan of 10 projects': (world) => plan(world, 10),
  'deploy of 1 project, with approval': (world) => deploy(world),
  'deploy that fails and is rolled back': (world) => rollback(world),
  'ephemeral environment of 1 project, made': (world) => launch(world),
  'ephemeral environment of 1 project, gone': (world) => end(world),
  'drift check of 1 project': (world) => drift(world),
  'terraform command that reads': (world) => command(world),
} satisfies Record<string, (world: World) => Promise<string>>;

export type RunName = keyof typeof RUNS;

export async function transitionsOf(name: RunName): Promise<number> {
  const { open, entered } = countingEngine();
  const world = createWorld({ engine: open });
  try {
    return entered(await RUNS[name](world));
  } finally {
    await world.close();
  }
}

/** The engine of one machine, and how many states an execution on it entered. */
function countingEngine(): { open: OpenEngine; entered(runId: string): number } {
  let engine: Engine | null = null;
  const open: OpenEngine = (work) => {
    const made = localEngine(work);
    engine = made.engine;
    return made;
  };
  const entered = (runId: string) =>
    (engine?.list({}) ?? [])
      .filter(({ name }) => name === runId)
      .flatMap(({ workflow, name }) => engine?.history(workflow, name) ?? [])
      .filter(({ kind }) => kind === 'entered').length;
  return { open, entered };
}

const PROD = `
environments:
  prod:
    branch: main
    approval: { required: true, approvers: [alice] }
    rollback: automatic
    verify: { url: "http://127.0.0.1:9/healthz" }
projects:
  - dir: app
`;

async function plan(world: World, projects: number): Promise<string> {
  const dirs = Array.from({ length: projects }, (_, index) => `p${index}`);
  const config = `${PROD.split('projects:')[0]}projects:\n${dirs.map((dir) => `  - dir: ${dir}\n`).join('')}`;
  const all = (value: string) =>
    Object.assign({}, ...dirs.map((dir) => project(dir, { value }))) as Record<string, string>;
  await world.push({ 'cairn.yaml': config, ...all('1') });
  await world.settled();
  world.ports.repository.push('change', all('2'), { author: 'bob', from: 'main' });
  const change = { title: 'change', body: '', head: 'change', base: 'main' };
  const { number, head } = await world.ports.pulls.open(REPOSITORY, change);
  await world.request({
    command: 'plan',
    repository: REPOSITORY,
    pull: number,
    commit: head.sha,
    asked: false,
    origin: { source: 'webhook', login: 'bob', trigger: '1' },
  });
  return last(world, 'plan');
}

async function deploy(world: World): Promise<string> {
  await world.push({ 'cairn.yaml': PROD, ...project('app', { value: '1' }) });
  await world.settled();
  await world.approve();
  return last(world, 'deploy');
}

/** The first apply went well; the second one fails, and the project is brought back. */
async function rollback(world: World): Promise<string> {
  await deploy(world);
  await world.push(project('app', { value: '2', apply: 'fail' }));
  await world.settled();
  await world.approve();
  return last(world, 'deploy');
}

async function launch(world: World): Promise<string> {
  const config = PROD.replace('projects:', 'ephemeral: { ttl: 8h }\nprojects:').replace(
    / {4}verify:.*\n/,
    '',
  );
  await world.push({ 'cairn.yaml': config, ...project('app', { value: '1' }) });
  await world.settled();
  await ask(world, { command: 'ephemeral', ref: 'main', name: 'x' });
  return last(world, 'ephemeral');
}

/** When its time is up. */
async function end(world: World): Promise<string> {
  await launch(world);
  await world.pass(8 * 3600);
  return last(world, 'destroy');
}

async function drift(world: World): Promise<string> {
  await deploy(world);
  await world.settled();
  await ask(world, { command: 'drift', environment: 'prod' });
  return last(world, 'drift');
}

async function command(world: World): Promise<string> {
  await deploy(world);
  await world.settled();
  await ask(world, { command: 'run', environment: 'prod', project: 'app', args: ['state', 'list'] });
  return last(world, 'run');
}

/** The newest run of a workflow, once it has ended. */
async function last(world: World, workflow: WorkflowName): Promise<string> {
  const runs = await world.settled();
  const run = runs.find((one) => one.workflow === workflow);
  if (!run) throw new Error(`no ${workflow} was started`);
  return run.id;
}
