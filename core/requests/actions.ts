import { z } from 'zod';
import { InvalidInput, NotAllowed } from '../errors.ts';
import type { WorkflowRun } from '../ports.ts';
import {
  branchName,
  commitSha,
  environmentName,
  type Request,
  repositoryName,
  requestSchema,
} from './request.ts';

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
  what: z.infer<typeof detailOf.plan> | z.infer<typeof detailOf.deploy>;
}

// A workflow writes these with a shell: numbers may come as text, and what has no value as ''.
const blank = (value: unknown) => (value === '' || value === null ? undefined : value);
const id = z
  .union([
    z.number(),
    z
      .string()
      .regex(/^\d{1,15}$/)
      .transform(Number),
  ])
  .pipe(z.number().int().positive());
const optional = <T extends z.ZodType>(schema: T) => z.preprocess(blank, schema.optional());

/** What may be asked: an answer to an approval is a person's, never a workflow's. */
const detailOf = {
  plan: z.object({
    command: z.literal('plan'),
    run_id: id,
    pull: id,
    commit: optional(commitSha),
    project: optional(z.string().max(200)),
    environment: optional(environmentName),
  }),
  deploy: z.object({
    command: z.literal('deploy'),
    run_id: id,
    environment: environmentName,
    commit: optional(commitSha),
    pull: optional(id),
  }),
};

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
  if (command !== 'plan' && command !== 'deploy') {
    throw new InvalidInput(`GitHub Actions may ask for plan and deploy, not for ${shown(command)}.`);
  }
  const claims = typeof detail === 'object' && detail !== null ? detail : {};
  const parsed = detailOf[command].safeParse({ ...claims, command });
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

/**
 * The request, in the name of whoever started the workflow run. Throws NotAllowed if it is no run of that
 * branch, of the repository's own code, that is at work now: an id from yesterday's log asks for nothing.
 */
export function requestFromActions(ask: ActionsAsk, run: WorkflowRun | null): Request {
  const problem = problemOf(ask, run);
  if (run === null || problem !== null) {
    throw new NotAllowed(`Workflow run ${ask.workflowRun} of ${ask.repository} cannot ask: ${problem}.`);
  }
  const { run_id: workflowRun, ...what } = ask.what;
  const which = [what.pull === undefined ? '' : `#${what.pull}`, what.commit ?? ''].join('');
  return requestSchema.parse({
    ...what,
    repository: ask.repository,
    // Where it may deploy to: the environments of that branch.
    ...(what.command === 'deploy' ? { branch: ask.branch } : {}),
    origin: {
      source: 'actions',
      login: run.actor,
      // The same step tried again is one request; the workflow run started again asks again.
      trigger: `actions-${workflowRun}.${run.attempt}/${which}`,
    },
  });
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
