import { tellGithub } from '../core/reports/github/sink-github.ts';
import { onAws } from './on-aws.ts';
import { OWN_PORTS, type Own } from './ports.ts';
import { detailOf, eachEvent } from './queue.ts';
import { lambda } from './runtime.ts';
import { statusEvent } from './status-event.ts';

const work = eachEvent<Own<'SinkGithub'>>(async (event, { ports }) => {
  await tellGithub(detailOf(statusEvent, event), ports);
});

/** Status events for GitHub: unordered, at least once, a queue of its own. */
export const make = lambda('SinkGithub', OWN_PORTS.SinkGithub, work);
export const handler = make(onAws);
