import type { ChatMessage, Ports } from '../../ports.ts';
import type { Run, WorkflowName } from '../../requests/run.ts';
import type { StatusEvent } from '../event.ts';
import { harmless, plainMessage, slackLink } from './message.ts';

/** What could not even begin, by what was asked for; of the others their forge tells. */
const REFUSED: Partial<Record<WorkflowName, string>> = {
  ephemeral: 'could not be made',
  destroy: 'could not be destroyed',
  extend: 'keeps its end',
};

/** What a channel reads of a run that was refused before it had a document; null: nothing. */
export function refusedMessage(
  event: StatusEvent,
  run: Run,
  ports: Pick<Ports, 'links'>,
): ChatMessage | null {
  const what = REFUSED[run.workflow];
  if (what === undefined || event.kind !== 'run.ended' || event.run.state !== 'failed') return null;
  const message = plainMessage(`${run.repository}: ${run.environment} ${what}. ${event.message}`);
  const context = [
    ...(run.requester === null ? [] : [harmless(`asked by ${run.requester}`)]),
    ...(run.pull === null ? [] : [`#${run.pull}`]),
    slackLink(`run ${run.number}`, ports.links.run(run.id)),
  ].join(' · ');
  return {
    ...message,
    blocks: [...message.blocks, { type: 'context', elements: [{ type: 'mrkdwn', text: context }] }],
  };
}
