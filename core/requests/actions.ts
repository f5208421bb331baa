import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { ephemeralName, isEphemeral } from '../ephemeral/name.ts';
import { InvalidInput, NotAllowed } from '../errors.ts';
import type { WorkflowRun } from '../ports.ts';
import { type ActionsCommand, type ActionsDetail, asker, DETAILS } from './actions-detail.ts';
import { branchName, type Request, repositoryName, requestSchema } from './request.ts';

/**
 * An event that a GitHub Actions workflow put on the bus itself. Its detail-type is
 * `<command>:<owner/name>:<branch>`: the role that the workflow assumed may put no other, so that repository and
 * branch are true. All that its detail says is a claim: who asks is looked up from the workflow run.
 */
interface ActionsAsk {
  repository: string;
  branch: string;
  /** Id of the workflow run that claims to ask. */
  workflowRun: number;
  what: ActionsDetail;
}

/** Throws InvalidInput, naming what is wrong. */
export function readActionsEvent(detailType: string, detail: unknown): ActionsAsk {
  const { command, ...place } = readDetailType(detailType);
  if (!isCommand(command)) {
    const all = Object.keys(DETAILS).join(', ');
    throw new InvalidInput(`GitHub Actions may ask for ${all}, not for ${shown(command)}.`);
  }
  const parsed = DETAILS[command].safeParse({ ...claimsOf(detail), command });
  if (!parsed.success) throw new InvalidInput(`${command} cannot be asked like this: ${told(parsed.error)}.`);
  return { ...place, workflowRun: parsed.data.run_id, what: parsed.data };
}

/** Who waits for an answer to an event that was turned down. */
type Waiting = Omit<ActionsAsk, 'what'> & { command: string; step: string };

/** Null if the event does not say so. */
export function whoWaits(detailType: string, detail: unknown): Waiting | null {
  const parsed = asker.safeParse(claimsOf(detail));
  if (!parsed.success || parsed.data.step === undefined) return null;
  try {
    return { ...readDetailType(detailType), workflowRun: parsed.data.run_id, step: parsed.data.step };
  } catch {
    return null;
  }
}

/** Where it is answered; null unless that workflow run is what it says: nobody is told in the name of another. */
export function replyTo(waiting: Waiting, run: WorkflowRun | null): Request['origin']['reply'] | null {
  if (run === null || problemOf(waiting, run) !== null) return null;
  return { commit: run.commit, key: `${attemptOf(waiting, run)}/${waiting.step}` };
}

function readDetailType(detailType: string): { command: string; repository: string; branch: string } {
  const [, command = '', name, ref] = /^([^:]*):([^:]*):(.*)$/s.exec(detailType) ?? [];
  const repository = repositoryName.safeParse(name);
  const branch = branchName.safeParse(ref);
  if (repository.success && branch.success)
    return { command, repository: repository.data, branch: branch.data };
  throw new InvalidInput(
    `An event of GitHub Actions has the detail-type <command>:<owner/name>:<branch>, not ${shown(detailType)}.`,
  );
}

function claimsOf(detail: unknown): object {
  return typeof detail === 'object' && detail !== null ? detail : {};
}

/** All in one line: it becomes a title. */
function told(error: z.ZodError): string {
  return error.issues.map(({ path, message }) => `${path.join('.') || 'it'}: ${message}`).join('; ');
}

function attemptOf({ workflowRun }: { workflowRun: number }, { attempt }: WorkflowRun): string {
  return `actions-${workflowRun}.${attempt}`;
}

function isCommand(command: string): command is ActionsCommand {
  return Object.hasOwn(DETAILS, command);
}

/**
 * The request, in the name of whoever started the workflow run. Throws NotAllowed if it is no run of that
 * branch, of the repository's own code, that is at work now: an id from yesterday's log asks for nothing.
 */
export function requestFromActions(ask: ActionsAsk, run: WorkflowRun | null, defaultBranch: string): Request {
  const problem = problemOf(ask, run);
  if (run === null || problem !== null) {
    throw new NotAllowed(`Workflow run ${ask.workflowRun} of ${ask.repository} cannot ask: ${problem}.`);
  }
  const { run_id: workflowRun, step, ...what } = ask.what;
  const attempt = attemptOf({ workflowRun }, run);
  return requestSchema.parse({
    ...bounded(what, ask.branch, run, defaultBranch),
    repository: ask.repository,
    origin: {
      source: 'actions',
      login: run.actor,
      // The same step tried again is one request; the workflow run started again asks again.
      trigger: [attempt, ...(step === undefined ? [] : [step]), whichOf(what)].join('/'),
      ...(step === undefined ? {} : { reply: { commit: run.commit, key: `${attempt}/${step}` } }),
    },
  });
}

type What = ActionsDetail extends infer D
  ? D extends ActionsDetail
    ? Omit<D, 'run_id' | 'step'>
    : never
  : never;

/** Within what a workflow is bound to: its branch. Throws NotAllowed and InvalidInput. */
function bounded(
  what: What,
  branch: string,
  run: WorkflowRun,
  defaultBranch: string,
): Record<string, unknown> {
  switch (what.command) {
    case 'plan':
      return what;
    case 'deploy':
      if (what.despiteFreeze === true) {
        mustBeByHand('deploy in spite of a freeze', branch, run, defaultBranch);
        mustSay('despite-freeze', run);
      }
      // Where it may deploy to: the environments of that branch.
      return { ...what, branch };
    case 'approve':
    case 'reject':
      mustBeByHand(what.command, branch, run, defaultBranch);
      mustSay(what.digest.slice(0, 7), run);
      return what;
    case 'rollback':
      mustBeByHand('rollback', branch, run, defaultBranch);
      if (what.despiteFreeze === true) mustSay('despite-freeze', run);
      return what;
    case 'ephemeral': {
      const ref = (what.ref ?? branch).replace(/^refs\/heads\//, '');
      if (ref === branch || ref === run.commit || branch === defaultBranch) return { ...what, ref };
      throw new NotAllowed(
        `A workflow on ${branch} makes environments of ${branch}, not of ${shown(ref)}: on ${defaultBranch} it may name any ref.`,
      );
    }
    case 'extend':
    case 'destroy': {
      const { name, environment = name === undefined ? undefined : ephemeralName(name), ...more } = what;
      if (environment === undefined)
        throw new InvalidInput(`Say which environment: "${what.command}" names none.`);
      if (what.command === 'extend' && (what.ttl === undefined) === (what.at === undefined)) {
        throw new InvalidInput('extend takes either ttl (how much later it ends) or at (when it ends).');
      }
      if (isEphemeral(environment)) return { ...more, environment };
      if (what.command === 'destroy') {
        mustBeByHand('destroy of a permanent environment', branch, run, defaultBranch);
        return { ...more, environment };
      }
      throw new NotAllowed(
        `Only ephemeral environments are extended, whose names start with "eph-": "${environment}" is none.`,
      );
    }
    default:
      if (branch === defaultBranch) return what;
      if (isEphemeral(what.environment) && (what.command === 'run' || what.command === 'drift')) return what;
      throw new NotAllowed(
        `"${what.command}" in "${what.environment}" is asked by a workflow on ${defaultBranch}, not on ${branch}.`,
      );
  }
}

/**
 * What a workflow asks is asked in the name of whoever started it. Somebody who merged, or pushed, started it without
 * a thought of this: for what only a person may decide it has to be their own button, of a workflow that was reviewed.
 */
function mustBeByHand(what: string, branch: string, run: WorkflowRun, defaultBranch: string): void {
  if (run.event === 'workflow_dispatch' && branch === defaultBranch) return;
  throw new NotAllowed(
    `"${what}" is asked by a workflow of ${defaultBranch} that somebody starts by hand (workflow_dispatch), not by one on ${branch} that a ${run.event} started.`,
  );
}

/**
 * Any workflow of the branch can name a run of somebody else's that is at work. What only some people may is theirs
 * if the title of the run, which was fixed when they started it, says it.
 */
function mustSay(word: string, { title }: WorkflowRun): void {
  if (title.includes(word)) return;
  throw new NotAllowed(
    `The workflow run is called ${shown(title)}, which does not name ${word}: give its workflow a \`run-name\` that does, made of its inputs, so that whoever starts it is known to mean it.`,
  );
}

/** What differs is another request, also where a matrix gives several jobs one name. */
function whichOf(what: What): string {
  const isPlain = what.command === 'deploy' && !what.retry && !what.despiteFreeze;
  if (what.command === 'plan' || isPlain) {
    return [what.pull === undefined ? '' : `#${what.pull}`, what.commit ?? ''].join('');
  }
  return createHash('sha256').update(JSON.stringify(what)).digest('hex').slice(0, 12);
}

/** One of its jobs may wait for a reviewer while another one asks. */
const AT_WORK: readonly string[] = ['in_progress', 'queued', 'waiting', 'pending', 'requested'];

function problemOf(
  { repository, branch }: Pick<ActionsAsk, 'repository' | 'branch'>,
  run: WorkflowRun | null,
): string | null {
  if (run === null) return 'there is none with this id';
  // A pull request from a fork may have a head branch of the same name.
  if (run.headRepository?.toLowerCase() !== repository.toLowerCase())
    return 'its code is of another repository';
  if (run.branch !== branch) return `it is not of the branch ${branch}`;
  if (!AT_WORK.includes(run.status)) return `it is not at work (${run.status})`;
  if (run.actor === null) return 'GitHub does not say who started it';
  return null;
}

/** What somebody sent, fit for a message. */
function shown(text: string): string {
  return JSON.stringify(text.slice(0, 200));
}
