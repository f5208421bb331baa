import { NotFound } from '../../errors.ts';
import type { Ports } from '../../ports.ts';
import type { Run } from '../../requests/run.ts';
import type { RunDocument } from '../../runs/document.ts';
import type { StatusEvent } from '../event.ts';

export type GithubSink = Pick<
  Ports,
  'runs' | 'artifacts' | 'links' | 'reports' | 'sent' | 'pulls' | 'ephemerals'
>;

/** Shows an event of one workflow's runs on GitHub. */
export type TellGithub = (
  event: StatusEvent,
  run: Run,
  doc: RunDocument | null,
  ports: GithubSink,
) => Promise<void>;

/** An older run never writes over a newer one, nor an older event over a newer one of the same run. */
export function orderOf(run: Run, event: StatusEvent): number {
  return run.number * 10_000 + event.seq;
}

/** Made once, then edited in place. */
export async function comment(
  key: string,
  run: Run,
  event: StatusEvent,
  pull: number,
  body: string,
  ports: GithubSink,
): Promise<void> {
  const order = orderOf(run, event);
  const before = await ports.sent.get(key);
  if (before && before.order > order) return;
  const id = before ? await editOrCreate(run.repository, pull, before.id, body, ports) : null;
  await ports.sent.put(key, {
    id: id ?? (await ports.reports.createComment(run.repository, pull, body)),
    order,
  });
}

/** Somebody may have deleted the comment: then it is made anew. */
async function editOrCreate(
  repository: string,
  pull: number,
  id: string,
  body: string,
  ports: GithubSink,
): Promise<string> {
  try {
    await ports.reports.editComment(repository, id, body);
    return id;
  } catch (error) {
    if (!(error instanceof NotFound)) throw error;
    return ports.reports.createComment(repository, pull, body);
  }
}

export async function check(
  name: string,
  run: Run,
  event: StatusEvent,
  commit: string,
  shown: {
    state: 'queued' | 'in_progress' | 'success' | 'failure' | 'neutral';
    title: string;
    summary: string;
  },
  ports: GithubSink,
  externalId = run.id,
): Promise<void> {
  const key = `check/${run.repository}/${name}/${commit}`;
  const order = orderOf(run, event);
  const before = await ports.sent.get(key);
  if (before && before.order > order) return;
  const value = { name, commit, ...shown, url: ports.links.run(run.id), externalId };
  const id = await ports.reports.check(run.repository, value, before?.id ?? null);
  await ports.sent.put(key, { id, order });
}
