import { replyName } from '../../requests/replies.ts';
import { ENDED, type Run, type RunState } from '../../requests/run.ts';
import type { RunDocument } from '../../runs/document.ts';
import type { StatusEvent } from '../event.ts';
import { fenced, prose } from '../markdown.ts';
import { check, type GithubSink } from './on-github.ts';

const STATE = { succeeded: 'success', superseded: 'neutral' } as const;

/** A workflow of GitHub Actions that waits for this run reads how it goes from a check on its own commit. */
export async function tellWaitingWorkflow(
  event: StatusEvent,
  run: Run,
  doc: RunDocument | null,
  ports: GithubSink,
): Promise<void> {
  if (!run.reply) return;
  const { commit, key } = run.reply;
  const now = event.run.state ?? run.state;
  const isEnd = event.kind === 'run.ended' && ENDED.includes(now);
  const ended = now === 'succeeded' || now === 'superseded' ? STATE[now] : ('failure' as const);
  const shown = {
    state: isEnd ? ended : ('in_progress' as const),
    title: event.message.split('\n')[0] ?? '',
    // A conclusion of GitHub's says less than how it ended.
    summary: [...(isEnd ? [stateMarker(now)] : []), prose(event.message), ...detailsOf(doc)].join('\n\n'),
  };
  await check(replyName(run.command, key), run, event, commit, shown, ports, key);
}

/** The action reads it from the first line of the summary, which nobody else writes. */
function stateMarker(state: RunState): string {
  return `<!-- cairn:state:${state} -->`;
}

/** What the run leaves for whoever asked: what a command printed, where an environment is and until when. */
function detailsOf(doc: RunDocument | null): string[] {
  if (doc?.terraform?.output) return [fenced(doc.terraform.output.text)];
  if (!doc?.ephemeral) return [];
  const { outputs, endsAt } = doc.ephemeral;
  const rows = Object.entries(outputs).map(([name, value]) => `- ${prose(name)}: ${prose(value)}`);
  return [[...rows, `- ends: ${endsAt ?? 'never'}`].join('\n')];
}
