import { createHash } from 'node:crypto';
import { z } from 'zod';
import { ephemeralName, isEphemeral } from '../ephemeral/name.ts';
import { InvalidInput, NotAllowed } from '../errors.ts';
import type { WorkflowRun } from '../ports.ts';
import { type ActionsCommand, type ActionsDetail, DETAILS } from './actions-detail.ts';
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
  const [, command = '', name, ref] = /^([^:]*):([^:]*):(.*)$/s.exec(detailType) ?? [];
  const repository = repositoryName.safeParse(name);
  const branch = branchName.safeParse(ref);
  if (!repository.success || !branch.success) {
    throw new InvalidInput(
      `An event of GitHub Actions has the detail-type <command>:<owner/name>:<branch>, not ${shown(detailType)}.`,
    );
  }
  if (!isCommand(command)) {
    const all = Object.keys(DETAILS).join(', ');
    throw new InvalidInput(`GitHub Actions may ask for ${all}, not for ${shown(command)}.`);
  }
  const claims = typeof detail === 'object' && detail !== null ? detail : {};
  const parsed = DETAILS[command].safeParse({ ...claims, command });
  if (!parsed.success) {
    throw new InvalidInput(
      `The detail of ${shown(detailType)} does not fit:\n${z.prettifyError(parsed.error)}`,
    );
  }
  return {
    repository: repository.data,
    branch: branch.data,
    workflowRun: parsed.data.run_id,
    what: parsed.data,
  };
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
  const attempt = `actions-${workflowRun}.${run.attempt}`;
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
      // Where it may deploy to: the environments of that branch.
      return { ...what, branch };
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
      if (isEphemeral(environment)) return { ...more, environment };
      throw new NotAllowed(
        `GitHub Actions may ${what.command} ephemeral environments only, whose names start with "eph-": "${environment}" is none.`,
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

/** What differs is another request, also where a matrix gives several jobs one name. */
function whichOf(what: What): string {
  if (what.command === 'plan' || what.command === 'deploy') {
    return [what.pull === undefined ? '' : `#${what.pull}`, what.commit ?? ''].join('');
  }
  return createHash('sha256').update(JSON.stringify(what)).digest('hex').slice(0, 12);
}

const AT_WORK: readonly string[] = ['in_progress', 'queued'];

function problemOf({ repository, branch }: ActionsAsk, run: WorkflowRun | null): string | null {
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
