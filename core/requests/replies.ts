import { CairnError, InvalidConfig } from '../errors.ts';
import type { Ports } from '../ports.ts';
import type { Request } from './request.ts';

/**
 * Shows whoever asked that it was read: a reaction to their comment, and a reply if it was refused or if a sentence is
 * all that comes of it. To a click in Slack, what it was refused for. Once.
 */
export async function tellRequester(
  request: Request,
  outcome: CairnError | { message?: unknown },
  ports: Pick<Ports, 'chat' | 'reports' | 'sent'>,
): Promise<void> {
  if (request.origin.source === 'slack') return tellClicker(request, outcome, ports);
  const error = outcome instanceof CairnError ? outcome : null;
  const comment = /^comment-(\d+)/.exec(request.origin.trigger)?.[1];
  if (request.origin.source !== 'comment' || comment === undefined) return;
  const key = `reply/${request.repository}/${request.origin.trigger}`;
  if (await ports.sent.get(key)) return;

  await ports.reports.react(request.repository, comment, error ? 'confused' : 'eyes');
  const pull = 'pull' in request ? request.pull : undefined;
  const said = error ? error.message : sentenceOf(request, outcome);
  const id =
    said !== null && pull !== undefined
      ? await ports.reports.createComment(request.repository, pull, reply(said, request))
      : 'none';
  await ports.sent.put(key, { id, order: 0 });
}

/** What an answer to an approval did stands in the deployment's own comment. */
function sentenceOf({ command }: Request, { message }: { message?: unknown }): string | null {
  if (command === 'approve' || command === 'reject') return null;
  return typeof message === 'string' ? message : null;
}

/** What went well shows in the channel. An answer that comes too late for its address is nobody's to have. */
async function tellClicker(
  request: Request,
  outcome: CairnError | { message?: unknown },
  { chat, sent }: Pick<Ports, 'chat' | 'sent'>,
): Promise<void> {
  const { answerTo, trigger } = request.origin;
  if (!chat || answerTo === undefined || !(outcome instanceof CairnError)) return;
  const key = `reply/${request.repository}/${trigger}`;
  if (await sent.get(key)) return;
  try {
    await chat.respond(answerTo, outcome.message);
  } catch (error) {
    if (!(error instanceof CairnError) || error.fault !== 'user') throw error;
  }
  await sent.put(key, { id: 'answered', order: 0 });
}

/** The marker makes it one reply per command, also if the server is killed before it knows that it wrote it. */
function reply(text: string, { origin }: Request): string {
  const called = origin.login !== null && !text.startsWith(`@${origin.login} `);
  return `<!-- cairn:reply:${origin.trigger} -->\n${called ? `@${origin.login} ` : ''}${text}`;
}

/**
 * Tells a workflow that waits what it needs no run for: that its request was refused, or what it did at once. A run
 * tells it itself.
 */
export async function tellWorkflow(
  {
    origin,
    repository,
    command,
  }: Pick<Request, 'repository'> & {
    command: string;
    origin: Pick<Request['origin'], 'reply'>;
  },
  outcome: { ok: boolean; message: string },
  ports: Pick<Ports, 'reports'>,
): Promise<void> {
  if (!origin.reply) return;
  const { commit, key } = origin.reply;
  const [title = ''] = outcome.message.split('\n');
  const state = outcome.ok ? ('success' as const) : ('failure' as const);
  const check = {
    name: replyName(command, key),
    commit,
    state,
    title,
    summary: outcome.message,
    url: '',
    externalId: key,
  };
  await ports.reports.check(repository, check, null);
}

/** Of the check that a workflow waits for: one per step of a workflow run. */
export function replyName(command: string, key: string): string {
  return `cairn: ${command} for ${key}`.slice(0, 200);
}

/** A commit whose `cairn.yaml` is wrong, or which cannot be deployed: said on the commit, with line and key. */
export async function tellOnCommit(
  of: { repository: string; commit: string; url: string },
  error: CairnError,
  ports: Pick<Ports, 'reports'>,
): Promise<void> {
  const { repository, commit, url } = of;
  const [title = error.message] = problemsOf(error);
  const summary = listed(error);
  const check = { name: 'cairn', commit, state: 'failure' as const, title, summary, url, externalId: commit };
  await ports.reports.check(repository, check, null);
}

/** A pull request's: said on its head, and in one comment that is edited in place. */
export async function tellOnPull(
  request: { repository: string; pull: number },
  error: CairnError,
  ports: Pick<Ports, 'pulls' | 'reports' | 'sent'>,
): Promise<void> {
  const { repository } = request;
  const { head, url, number } = await ports.pulls.get(repository, request.pull);
  await tellOnCommit({ repository, commit: head.sha, url }, error, ports);
  const key = `config-problem/${repository}/${number}`;
  const body = `<!-- cairn:config -->\n**Cairn cannot plan ${head.sha.slice(0, 7)}.**\n\n${listed(error)}\n`;
  const before = await ports.sent.get(key);
  if (before) {
    await ports.reports.editComment(repository, before.id, body);
    await ports.sent.put(key, { id: before.id, order: before.order + (before.order % 2) });
    return;
  }
  const id = await ports.reports.createComment(repository, number, body);
  await ports.sent.put(key, { id, order: 0 });
}

function problemsOf(error: CairnError): string[] {
  return error instanceof InvalidConfig ? error.problems : [error.message];
}

function listed(error: CairnError): string {
  return problemsOf(error)
    .map((problem) => `- ${problem}`)
    .join('\n');
}

/** The head can be planned again: a complaint about a head before it is taken back. An odd order says it was. */
export async function tellConfigMended(
  request: { repository: string; pull: number },
  head: string,
  ports: Pick<Ports, 'reports' | 'sent'>,
): Promise<void> {
  const key = `config-problem/${request.repository}/${request.pull}`;
  const before = await ports.sent.get(key);
  if (!before || before.order % 2 === 1) return;
  const body = `<!-- cairn:config -->\nThe configuration was mended with ${head.slice(0, 7)}.\n`;
  await ports.reports.editComment(request.repository, before.id, body);
  await ports.sent.put(key, { id: before.id, order: before.order + 1 });
}
