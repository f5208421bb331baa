import type { CairnError } from '../errors.ts';
import { InvalidConfig } from '../errors.ts';
import type { Ports } from '../ports.ts';
import type { Request } from './request.ts';

type Telling = Pick<Ports, 'reports' | 'sent' | 'pulls' | 'source'>;

/** Shows the author of a comment that it was read: a reaction, and a reply if it was refused. Once. */
export async function tellRequester(
  request: Request,
  error: CairnError | null,
  ports: Telling,
): Promise<void> {
  const comment = /^comment-(\d+)/.exec(request.origin.trigger)?.[1];
  if (request.origin.source !== 'comment' || comment === undefined) return;
  const key = `reply/${request.repository}/${request.origin.trigger}`;
  if (await ports.sent.get(key)) return;

  await ports.reports.react(request.repository, comment, error ? 'confused' : 'eyes');
  const pull = 'pull' in request ? request.pull : undefined;
  const id =
    error && pull !== undefined
      ? await ports.reports.createComment(request.repository, pull, reply(error, request))
      : 'none';
  await ports.sent.put(key, { id, order: 0 });
}

/** The marker makes it one reply per command, also if the server is killed before it knows that it wrote it. */
function reply(error: CairnError, { origin }: Request): string {
  const called = origin.login !== null && !error.message.startsWith(`@${origin.login} `);
  return `<!-- cairn:reply:${origin.trigger} -->\n${called ? `@${origin.login} ` : ''}${error.message}`;
}

/** A commit or pull request whose `cairn.yaml` is wrong: said where its author looks, with line and key. */
export async function tellConfigProblem(request: Request, error: CairnError, ports: Telling): Promise<void> {
  const pull = request.command === 'plan' ? await ports.pulls.get(request.repository, request.pull) : null;
  const commit = pull?.head.sha ?? ('commit' in request ? request.commit : undefined);
  if (commit === undefined) return;
  const problems = error instanceof InvalidConfig ? error.problems : [error.message];
  const summary = problems.map((problem) => `- ${problem}`).join('\n');
  const url = pull?.url ?? '';
  await ports.reports.check(
    request.repository,
    {
      name: 'cairn',
      commit,
      state: 'failure',
      title: problems[0] ?? error.message,
      summary,
      url,
      externalId: commit,
    },
    null,
  );
  if (!pull) return;
  const key = `config-problem/${request.repository}/${pull.number}`;
  const body = `<!-- cairn:config -->\n**Cairn cannot plan ${commit.slice(0, 7)}.**\n\n${summary}\n`;
  const before = await ports.sent.get(key);
  if (before) {
    await ports.reports.editComment(request.repository, before.id, body);
    await ports.sent.put(key, { id: before.id, order: before.order + (before.order % 2) });
    return;
  }
  const id = await ports.reports.createComment(request.repository, pull.number, body);
  await ports.sent.put(key, { id, order: 0 });
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
