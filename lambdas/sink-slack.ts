import { tellSlack } from '../core/reports/slack/sink-slack.ts';
import { onAws } from './on-aws.ts';
import { OWN_PORTS, type Own } from './ports.ts';
import { detailOf, eachEvent } from './queue.ts';
import { lambda } from './runtime.ts';
import { statusEvent } from './status-event.ts';

const work = eachEvent<Own<'SinkSlack'>>(async (event, { ports }) => {
  await tellSlack(detailOf(statusEvent, event), ports);
});

/** Status events for Slack: unordered, at least once, a queue of its own. */
export const make = lambda('SinkSlack', OWN_PORTS.SinkSlack, work);
export const handler = make(onAws);
