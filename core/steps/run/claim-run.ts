import { ephemeralHead } from '../../ephemeral/head.ts';
import { NotAllowed } from '../../errors.ts';
import type { Ports, Pull } from '../../ports.ts';
import { clipped } from '../../reports/text.ts';
import { ENDED, type Run } from '../../requests/run.ts';
import { type RunInput, runInput } from '../input.ts';
import { step } from '../step.ts';

/**
 * Makes the trigger one run, and asks the forge whether it still matters: a push that is no longer its
 * branch's head, or a pull request with a newer head, is `superseded` before anything is fetched.
 */
export const claimRun = step({
  input: runInput,
  ports: ['clock', 'git', 'isolated', 'jobs', 'pulls', 'runs', 'source', 'status', 'workflows'],
  async run(input, ports) {
    const run = await ports.runs.claim({
      id: input.runId,
      workflow: input.workflow,
      command: input.request.command,
      repository: input.repository,
      environment: input.environment,
      pull: input.request.pull ?? null,
      commit: 'commit' in input.request ? (input.request.commit ?? null) : null,
      requester: input.request.origin.login,
      ...(input.request.origin.reply ? { reply: input.request.origin.reply } : {}),
      state: 'running',
      title: titleOf(input),
      startedAt: ports.clock.now().toISOString(),
      endedAt: null,
    });
    const { commit, reason } = await headOf(input, run, ports);
    if (reason !== null) return { outcome: 'superseded', reason };

    await ports.status.emit({
      id: 'run.started',
      runId: run.id,
      at: ports.clock.now().toISOString(),
      kind: 'run.started',
      message: run.title,
      doc: null,
      run: commit === null ? {} : { commit },
    });
    if (input.request.command === 'plan') await stopOlder(run, ports);
    return { outcome: 'claimed', number: run.number, commit, documents: 0 };
  },
});

function titleOf({ request, environment }: RunInput): string {
  switch (request.command) {
    case 'plan':
      return `Plan of #${request.pull} for ${environment}`;
    case 'deploy':
      return `Deploy to ${environment}`;
    case 'rollback':
      return `Roll ${environment} back`;
    case 'ephemeral':
      return `Make ${environment}`;
    case 'destroy':
      return `Destroy ${environment}`;
    case 'extend':
      return `Move the end of ${environment}`;
    case 'run':
      return `Run terraform ${clipped(request.args.slice(0, 2).join(' '), 60)} in ${request.project} of ${environment}`;
    case 'drift':
      return `Look for drift in ${environment}`;
  }
}

async function headOf(
  input: RunInput,
  run: Run,
  ports: Pick<Ports, 'git' | 'pulls' | 'isolated' | 'runs' | 'source'>,
): Promise<Head> {
  switch (input.request.command) {
    case 'plan':
      return pullHead(input, ports);
    case 'deploy':
      return branchHead(input, run, ports);
    case 'ephemeral':
      return ephemeralHead(input.request, ports);
    default:
      // What is in the environment is what they are about.
      return { commit: null, reason: null };
  }
}

type Head = { commit: string | null; reason: string | null };

async function pullHead(input: RunInput, ports: Pick<Ports, 'pulls' | 'isolated'>): Promise<Head> {
  if (input.request.command !== 'plan') throw new Error('not a plan');
  const { pull: number, commit, asked, origin } = input.request;
  const pull: Pull = await ports.pulls.get(input.repository, number);
  const head = pull.head.sha;
  if (pull.state === 'closed') return { commit: head, reason: `pull request #${number} is closed` };
  if (commit !== undefined && commit !== head) {
    return {
      commit: head,
      reason: `the head of #${number} is ${head.slice(0, 7)} now, not ${commit.slice(0, 7)}`,
    };
  }
  if (pull.fork && !ports.isolated) {
    throw new NotAllowed(
      `#${number} comes from a fork, and this server cannot keep its jobs from reading its keys (it does not run as root): it never plans forks.`,
    );
  }
  // Terraform runs code at plan time: what comes from a fork is planned only when somebody named that very commit.
  if (pull.fork && !(asked && commit === head)) {
    throw new NotAllowed(
      `#${number} comes from a fork. Somebody with write access reads it and comments \`/cairn plan ${head}\`.`,
    );
  }
  if (pull.draft && !asked && origin.source === 'webhook') {
    return { commit: head, reason: `#${number} is a draft; comment \`/cairn plan\` to plan it` };
  }
  return { commit: head, reason: null };
}

async function branchHead(input: RunInput, run: Run, ports: Pick<Ports, 'runs' | 'source'>): Promise<Head> {
  const { request } = input;
  if (request.command !== 'deploy' || request.commit === undefined) return { commit: null, reason: null };
  const pushed = request.origin.source === 'webhook' || request.origin.source === 'look';
  if (!pushed || !request.branch) return { commit: request.commit, reason: null };

  const head = await ports.source.head(input.repository, request.branch);
  if (head !== request.commit) {
    return { commit: request.commit, reason: `${request.branch} is at ${head.slice(0, 7)} now` };
  }
  const [before] = (
    await ports.runs.list({
      repository: input.repository,
      environment: input.environment,
      workflow: 'deploy',
      limit: 10,
    })
  ).filter((other) => other.number < run.number);
  if (before?.commit === request.commit && before.state !== 'superseded' && before.command === 'deploy') {
    return { commit: request.commit, reason: `run ${before.number} takes care of ${head.slice(0, 7)}` };
  }
  return { commit: request.commit, reason: null };
}

/**
 * A newer head stops the older head's run: nobody will read its plan. Of one that is called superseded already
 * the execution may still run, if the server was killed right after it said so.
 */
async function stopOlder(
  run: Run,
  ports: Pick<Ports, 'clock' | 'jobs' | 'runs' | 'status' | 'workflows'>,
): Promise<void> {
  const all = await ports.runs.list({
    repository: run.repository,
    environment: run.environment,
    workflow: 'plan',
    limit: 50,
    ...(run.pull === null ? {} : { pull: run.pull }),
  });
  const older = all.filter((other) => other.number < run.number);
  for (const other of older.filter(({ state }) => state === 'superseded' || !ENDED.includes(state))) {
    const reason = `superseded by run ${run.number}`;
    if (other.state !== 'superseded') await sayStopped(other, reason, ports);
    await ports.workflows.stop('plan', other.id, reason);
    await ports.jobs.stop(other.id, reason);
  }
}

/** Before the execution is stopped: whoever finds it so would take it for one that broke off. */
async function sayStopped(run: Run, reason: string, ports: Pick<Ports, 'clock' | 'status'>): Promise<void> {
  const at = ports.clock.now().toISOString();
  await ports.status.emit({
    id: 'superseded',
    runId: run.id,
    at,
    kind: 'run.ended',
    message: `Stopped: ${reason}.`,
    doc: null,
    run: { state: 'superseded', endedAt: at },
  });
}
