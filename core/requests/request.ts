import { z } from 'zod';

/** `owner/name` as GitHub spells it. */
export const repositoryName = z
  .string()
  .max(140)
  .regex(/^[A-Za-z0-9][A-Za-z0-9-]*\/(?!\.{1,2}$)[A-Za-z0-9._-]+$/, 'a repository is written owner/name');

export const commitSha = z.string().regex(/^[0-9a-f]{40}$/, 'a commit is 40 hexadecimal digits');

/** A branch name that is safe to hand to git: no leading `-`, no `..`, none of what `git check-ref-format` refuses. */
export const branchName = z
  .string()
  .min(1)
  .max(244)
  .refine(
    (name) =>
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
      !/^[-/.]|[\x00-\x20\x7f~^:?*[\\]|\.\.|@\{|\/\/|\/\.|\.lock(\/|$)|[/.]$/.test(name) && name !== '@',
    'not a branch name git accepts',
  );

export const environmentName = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9._-]{0,48}[a-z0-9])?$/, 'an environment is 1-50 of a-z, 0-9, ".", "_", "-"');

export const login = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,99}(\[bot\])?$/, 'not a login');

/**
 * Where the request came from, and with it who is known to have asked. `delivery` is GitHub's id of the
 * webhook, kept for the log; `trigger` is what makes the run id: the same trigger twice is one run.
 */
const origin = z.object({
  source: z.enum(['webhook', 'comment', 'api', 'cli', 'actions', 'schedule', 'look']),
  /** A verified login, or null where nobody asked (a schedule, the look at the branch heads). */
  login: login.nullable(),
  /** push: `before..after`; pull request: `number/head/action`; comment: its id; API: its idempotency key; actions: workflow run and attempt. */
  trigger: z.string().min(1).max(300),
});

const base = z.object({ repository: repositoryName, origin });

/** A branch moved. It becomes one deploy per environment that lives on that branch. */
const pushRequest = base.extend({
  command: z.literal('push'),
  branch: branchName,
  before: commitSha,
  commit: commitSha,
});

/** Plan a pull request. `commit` is the head it was asked for; `project` narrows it to one project. */
export const planRequest = base.extend({
  command: z.literal('plan'),
  pull: z.number().int().positive(),
  commit: commitSha.optional(),
  project: z.string().max(200).optional(),
  environment: environmentName.optional(),
  /** True if a person with a comment asked for this very commit (a fork is planned only then). */
  asked: z.boolean().default(false),
});

/** Bring an environment to a commit: its branch's head, or one that is named. */
export const deployRequest = base.extend({
  command: z.literal('deploy'),
  environment: environmentName,
  commit: commitSha.optional(),
  /** The branch that moved, for a push: a commit that is no longer its head is superseded. */
  branch: branchName.optional(),
  /** Deploy content that failed before (overrides the refusal after a rollback). */
  retry: z.boolean().default(false),
  pull: z.number().int().positive().optional(),
});

/** Take an environment back to its last good commit, or to a good one that is named. */
export const rollbackRequest = base.extend({
  command: z.literal('rollback'),
  environment: environmentName,
  commit: commitSha.optional(),
  pull: z.number().int().positive().optional(),
});

/** An answer to a run that waits for approval. */
export const approveRequest = base.extend({
  command: z.literal('approve'),
  environment: environmentName,
  /** At least the 7 first digits of the canonical plan digest. */
  digest: z.string().regex(/^[0-9a-f]{7,64}$/, 'a digest is 7 to 64 hexadecimal digits'),
  pull: z.number().int().positive().optional(),
});

export const rejectRequest = base.extend({
  command: z.literal('reject'),
  environment: environmentName,
  reason: z.string().max(500).optional(),
  pull: z.number().int().positive().optional(),
});

/** A comment that asked for help, or that was not understood: answered with `text` (Markdown). */
const helpRequest = base.extend({
  command: z.literal('help'),
  pull: z.number().int().positive(),
  text: z.string().max(4000),
});

/** What goes on the event bus. */
export const requestSchema = z.discriminatedUnion('command', [
  pushRequest,
  planRequest,
  deployRequest,
  rollbackRequest,
  approveRequest,
  rejectRequest,
  helpRequest,
]);

export type Request = z.infer<typeof requestSchema>;
export type PushRequest = z.infer<typeof pushRequest>;
export type PlanRequest = z.infer<typeof planRequest>;
export type DeployRequest = z.infer<typeof deployRequest>;
export type RollbackRequest = z.infer<typeof rollbackRequest>;

/** The same for the same trigger: what may arrive twice is known by it. */
export function requestKey({ command, repository, origin }: Request): string {
  return `${command}/${repository}/${origin.trigger}`;
}

/** What an event becomes that asks for nothing: logged and counted, never silence. */
export interface Ignored {
  ignored: string;
}
