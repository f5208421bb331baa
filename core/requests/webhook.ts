import { z } from 'zod';
import { parseCommands, USAGE } from './command.ts';
import { requestOfCommand } from './from-command.ts';
import { branchName, commitSha, type Ignored, login, type Request, repositoryName } from './request.ts';

/** A webhook whose signature was found good. */
interface Delivery {
  event: string;
  deliveryId: string;
  payload: unknown;
}

interface WebhookContext {
  /** Cairn's own login, such as `cairn[bot]`: it never answers itself. */
  self: string | null;
}

// Only what is used is read, so that GitHub may add what it likes.
const repository = z.object({ full_name: repositoryName });
const user = z.object({ login: z.string(), type: z.string().optional() });

const pushPayload = z.object({
  ref: z.string(),
  before: commitSha,
  after: commitSha,
  deleted: z.boolean().default(false),
  repository,
  sender: user.optional(),
});

const pullPayload = z.object({
  action: z.string(),
  number: z.int().positive(),
  pull_request: z.object({
    draft: z.boolean().nullish(),
    // Both tell apart the times that the same head was closed and opened again.
    updated_at: z.string().max(40).nullish(),
    closed_at: z.string().max(40).nullish(),
    head: z.object({ sha: commitSha, repo: z.object({ full_name: z.string() }).nullable() }),
  }),
  repository,
  sender: user.optional(),
});

const commentPayload = z.object({
  action: z.string(),
  issue: z.object({ number: z.int().positive(), pull_request: z.object({}).nullish() }),
  comment: z.object({ id: z.int().positive(), body: z.string(), user: user.nullable() }),
  repository,
});

const NONE = '0'.repeat(40);
const PLANNED = ['opened', 'synchronize', 'reopened', 'ready_for_review'];

/** What a webhook asks for; what asks for nothing says why. */
export function requestFromWebhook(delivery: Delivery, context: WebhookContext): Request[] | Ignored {
  switch (delivery.event) {
    case 'push':
      return read(pushPayload, delivery, fromPush);
    case 'pull_request':
      return read(pullPayload, delivery, fromPull);
    case 'issue_comment':
      return read(commentPayload, delivery, (payload) => fromComment(payload, context));
    case 'ping':
      return ignored('a ping: the webhook is set up');
    default:
      return ignored(`the event ${delivery.event} asks for nothing`);
  }
}

function read<T extends z.ZodType>(
  schema: T,
  { event, payload }: Delivery,
  then: (payload: z.infer<T>) => Request[] | Ignored,
): Request[] | Ignored {
  const parsed = schema.safeParse(payload);
  if (parsed.success) return then(parsed.data);
  const issue = parsed.error.issues[0];
  // A message of zod's names what it expected and never quotes what it got.
  return ignored(
    `the payload is not a ${event} as GitHub sends it: ${issue?.path.join('.')}: ${issue?.message}`,
  );
}

function fromPush(payload: z.infer<typeof pushPayload>): Request[] | Ignored {
  const { ref, before, after, deleted } = payload;
  if (!ref.startsWith('refs/heads/')) return ignored('a push of a tag, or of no branch, starts nothing');
  const branch = ref.slice('refs/heads/'.length);
  if (branch.startsWith('cairn/')) return ignored("a push to one of Cairn's own branches starts nothing");
  if (deleted || after === NONE) return ignored('a branch was deleted');
  if (!branchName.safeParse(branch).success) return ignored('a branch with a name that git would not take');
  return [
    {
      command: 'push',
      repository: payload.repository.full_name,
      branch,
      before,
      commit: after,
      origin: { source: 'webhook', login: loginOf(payload.sender), trigger: `${before}..${after}` },
    },
  ];
}

function fromPull(payload: z.infer<typeof pullPayload>): Request[] | Ignored {
  const { action, number } = payload;
  const { head, draft } = payload.pull_request;
  const trigger = triggerOf(payload);
  if (action === 'closed') {
    // Of a fork nothing was made; whoever asks the registry finds nothing.
    return [
      {
        command: 'closed',
        repository: payload.repository.full_name,
        pull: number,
        origin: { source: 'webhook', login: loginOf(payload.sender), trigger },
      },
    ];
  }
  if (!PLANNED.includes(action)) return ignored(`pull_request ${shown(action)} asks for nothing`);
  if (head.repo?.full_name.toLowerCase() !== payload.repository.full_name.toLowerCase()) {
    return ignored(
      `pull request ${number} comes from a fork: its code runs only once somebody with write access comments \`/cairn plan ${head.sha}\``,
    );
  }
  if (draft) {
    return ignored(
      `pull request ${number} is a draft: comment \`/cairn plan\` for a plan, or mark it as ready`,
    );
  }
  return [
    {
      command: 'plan',
      repository: payload.repository.full_name,
      pull: number,
      commit: head.sha,
      asked: false,
      origin: { source: 'webhook', login: loginOf(payload.sender), trigger },
    },
  ];
}

/**
 * The same when GitHub hands the delivery over again; another when the same head is closed, opened or pushed again (it
 * was pushed away from in between).
 */
function triggerOf({ action, number, pull_request: pull }: z.infer<typeof pullPayload>): string {
  const isAgain = action === 'reopened' || action === 'synchronize';
  const at = action === 'closed' ? pull.closed_at : isAgain ? pull.updated_at : null;
  return [number, pull.head.sha, action, ...(at ? [at] : [])].join('/');
}

function fromComment(payload: z.infer<typeof commentPayload>, { self }: WebhookContext): Request[] | Ignored {
  const { action, issue, comment } = payload;
  // An edit would let a comment say something else than what people read under it when it was acted upon.
  if (action !== 'created') return ignored(`issue_comment ${shown(action)}: only new comments are commands`);
  if (!issue.pull_request) return ignored('a comment on an issue: commands are given on pull requests');
  const author = loginOf(comment.user ?? undefined);
  if (author === null) return ignored('a comment whose author is not known');
  if (author === self) return ignored("Cairn's own comment");
  if (comment.user?.type === 'Bot' || author.endsWith('[bot]'))
    return ignored(`a comment by the bot ${author}`);

  const parsed = parseCommands(comment.body);
  const help = (text: string) => ({ command: 'help' as const, pull: issue.number, text });
  const asked =
    'problem' in parsed
      ? [help(parsed.problem)]
      : parsed.commands.map((command) =>
          command.command === 'help' ? help(USAGE) : requestOfCommand(command, issue.number),
        );
  if (asked.length === 0) return ignored('a comment without a /cairn command');
  return asked.map((request, index) => ({
    ...request,
    repository: payload.repository.full_name,
    origin: {
      source: 'comment' as const,
      login: author,
      trigger: `comment-${comment.id}${index === 0 ? '' : `/${index + 1}`}`,
    },
  }));
}

function ignored(reason: string): Ignored {
  return { ignored: reason };
}

function loginOf(sender: { login: string } | undefined): string | null {
  return login.safeParse(sender?.login).success ? (sender?.login ?? null) : null;
}

/** A word from outside, fit for a log line. */
function shown(text: string): string {
  return /^[a-z_]{1,40}$/.test(text) ? text : 'of an unknown kind';
}
