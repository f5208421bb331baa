import type { Run } from '../../requests/run.ts';
import type { StatusEvent } from '../event.ts';
import { link, prose } from '../markdown.ts';
import { comment, type GithubSink } from './on-github.ts';

/** A comment under the command that asked for it: `said`, and why it was not done, a line for each reason. */
export async function tellRefusal(
  event: StatusEvent,
  run: Run,
  said: string,
  ports: GithubSink,
): Promise<void> {
  if (event.run.state !== 'failed' || run.pull === null) return;
  const body = [
    `<!-- cairn:${run.workflow}:${run.id} -->`,
    `**${said}**`,
    reasons(event),
    link(`Run ${run.number}`, ports.links.run(run.id)),
  ].join('\n\n');
  await comment(`comment/${run.repository}/run/${run.id}`, run, event, run.pull, `${body}\n`, ports);
}

export function reasons({ message }: StatusEvent): string {
  return message
    .split('\n')
    .map((line) => `- ${prose(line)}`)
    .join('\n');
}
