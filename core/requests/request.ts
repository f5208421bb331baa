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
  source: z.enum(['webhook', 'comment', 'api', 'cli', 'actions', 'slack', 'schedule', 'look']),
  /** A verified login, or null where nobody asked (a schedule, the look at the branch heads). */
  login: login.nullable(),
  /** push: `before..after`; pull request: `number/head/action`; comment: its id; API: its idempotency key; actions: workflow run and attempt; Slack: the message and the button. */
  trigger: z.string().min(1).max(300),
  /** A workflow that waits: a check on its commit, with this key as external id, tells it how that ended. */
  reply: z.object({ commit: commitSha, key: z.string().min(1).max(200) }).optional(),
  /** Slack: where what came of a click is answered to whoever clicked. */
  answerTo: z.url().max(1000).optional(),
});

const base = z.object({ repository: repositoryName, origin });
const pullNumber = z.number().int().positive();
const projectName = z.string().min(1).max(200);
/** As people write it; read strictly, with the time of the request, when it is acted upon. */
const timeText = z.string().min(1).max(100);

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
  /** Break-glass: although the environment is frozen. For approvers that are named. */
  despiteFreeze: z.boolean().optional(),
  /** These projects, whether they changed or not: those that drifted, or whose resources are replaced. */
  projects: z.array(projectName).min(1).max(200).optional(),
  /** Addresses whose resources are replaced (`-replace=`), in the one project that `projects` names. */
  replace: z.array(z.string().min(1).max(500)).min(1).max(20).optional(),
  pull: z.number().int().positive().optional(),
});

/** Take an environment back to its last good commit, or to a good one that is named. */
export const rollbackRequest = base.extend({
  command: z.literal('rollback'),
  environment: environmentName,
  commit: commitSha.optional(),
  /** Break-glass, as for a deploy. */
  despiteFreeze: z.boolean().optional(),
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
  /** The plan that is turned down; without it, the one that waits. */
  digest: z
    .string()
    .regex(/^[0-9a-f]{7,64}$/, 'a digest is 7 to 64 hexadecimal digits')
    .optional(),
  reason: z.string().max(500).optional(),
  pull: z.number().int().positive().optional(),
});

/** An environment of its own for a ref or a pull request, for a time. Asked for again it is updated. */
export const ephemeralRequest = base.extend({
  command: z.literal('ephemeral'),
  /** Branch, tag or commit; for a pull request its head. One of `ref` and `pull` is given. */
  ref: branchName.optional(),
  pull: pullNumber.optional(),
  commit: commitSha.optional(),
  /** Default: that of the pull request, or of the ref. */
  name: z.string().min(1).max(100).optional(),
  ttl: timeText.optional(),
  projects: z.array(projectName).min(1).max(200).optional(),
  email: z.email().max(200).optional(),
  /** By `on_pull_request`, not by a person. */
  automatic: z.boolean().optional(),
});

/** A pull request was closed: what was made for it goes. */
export const closedRequest = base.extend({ command: z.literal('closed'), pull: pullNumber });

/** Take an environment down: an ephemeral one, or a permanent one with its name typed and an approval. */
export const destroyRequest = base.extend({
  command: z.literal('destroy'),
  environment: environmentName,
  /** Its name once more, for a permanent one. */
  confirm: z.string().max(100).optional(),
  reason: z.enum(['asked', 'time', 'closed', 'failed', 'forgotten']).default('asked'),
  pull: pullNumber.optional(),
});

/** Change when an ephemeral environment ends: `ttl` later than now planned, or `at` a moment or `never`. */
export const extendRequest = base.extend({
  command: z.literal('extend'),
  environment: environmentName,
  ttl: timeText.optional(),
  at: timeText.optional(),
  pull: pullNumber.optional(),
});

/** The time of an ephemeral environment is nearly up: a schedule's request, told to people. */
export const warnRequest = base.extend({
  command: z.literal('warn'),
  environment: environmentName,
  /** The end that it warns of; another end by now means that there is nothing to say. ISO 8601. */
  endsAt: z.string().max(40),
});

/** Characters of all arguments together: people read the whole of a command before they approve it. */
export const LONGEST_COMMAND = 6_000;

/** A terraform command on the last good commit of an environment. */
export const runRequest = base.extend({
  command: z.literal('run'),
  environment: environmentName,
  project: projectName,
  /** Subcommand, flags and arguments; never a shell line. */
  args: z
    .array(z.string().max(2000))
    .min(1)
    .max(50)
    .refine((args) => args.join(' ').length <= LONGEST_COMMAND, {
      message: `a command has at most ${LONGEST_COMMAND} characters: run it in several parts`,
    }),
  pull: pullNumber.optional(),
});

/** Compare what stands with the last good commit. */
export const driftRequest = base.extend({
  command: z.literal('drift'),
  environment: environmentName,
  /** Deploy the last good commit again where something drifted, also where the configuration does not say so. */
  reconcile: z.boolean().optional(),
  pull: pullNumber.optional(),
});

/** As a comment may ask for them: in the one environment on the base branch of its pull request. */
const runHere = runRequest.partial({ environment: true });
const driftHere = driftRequest.partial({ environment: true });

export const freezeRequest = base.extend({
  command: z.literal('freeze'),
  environment: environmentName,
  reason: z
    .string()
    .trim()
    .min(1, 'say why: people read the reason wherever the freeze stops something')
    .max(500)
    .regex(/^[^\p{Cc}\u2028\u2029]*$/u, 'a reason is one line'),
  until: timeText.optional(),
  pull: pullNumber.optional(),
});

export const unfreezeRequest = base.extend({
  command: z.literal('unfreeze'),
  environment: environmentName,
  pull: pullNumber.optional(),
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
  ephemeralRequest,
  closedRequest,
  destroyRequest,
  extendRequest,
  warnRequest,
  runHere,
  driftHere,
  freezeRequest,
  unfreezeRequest,
  helpRequest,
]);

export type Request = z.infer<typeof requestSchema>;
export type PushRequest = z.infer<typeof pushRequest>;
export type PlanRequest = z.infer<typeof planRequest>;
export type DeployRequest = z.infer<typeof deployRequest>;
export type RollbackRequest = z.infer<typeof rollbackRequest>;
export type EphemeralRequest = z.infer<typeof ephemeralRequest>;
export type DestroyRequest = z.infer<typeof destroyRequest>;
export type ExtendRequest = z.infer<typeof extendRequest>;
export type RunRequest = z.infer<typeof runRequest>;
export type DriftRequest = z.infer<typeof driftRequest>;
export type FreezeRequest = z.infer<typeof freezeRequest>;
export type UnfreezeRequest = z.infer<typeof unfreezeRequest>;

/** Whoever holds the server's own token. Elsewhere `operator` is a login like any other, and nobody is it by name. */
export function isOperator({ login, source }: Request['origin']): boolean {
  return login === 'operator' && (source === 'api' || source === 'cli');
}

/** The same for the same trigger: what may arrive twice is known by it. */
export function requestKey({ command, repository, origin }: Request): string {
  return `${command}/${repository}/${origin.trigger}`;
}

/** What an event becomes that asks for nothing: logged and counted, never silence. */
export interface Ignored {
  ignored: string;
}
