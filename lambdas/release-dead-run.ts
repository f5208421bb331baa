import { z } from 'zod';
import { releaseDeadRun } from '../core/steps/run/release-dead-run.ts';
import type { HostPorts } from './host.ts';
import { onAws } from './on-aws.ts';
import { detailOf, eachEvent } from './queue.ts';
import { lambda } from './runtime.ts';

/** "Step Functions Execution Status Change"; an execution's name is its run's id. */
const ended = z.object({
  name: z.string(),
  status: z.string(),
  error: z.string().nullish(),
  cause: z.string().nullish(),
});

/** Of a cause, which may be 32,768 characters: people read it. */
const MOST = 1000;

const work = eachEvent<HostPorts>(async (event, { ports, log }) => {
  const { name: runId, status, error, cause } = detailOf(ended, event);
  const reason = [error, cause].filter((part) => part).join(': ') || status;
  const { outcome } = await releaseDeadRun.run({ runId, reason: reason.slice(0, MOST) }, ports);
  log('info', 'an execution ended before its last step', { runId, status, error, outcome });
});

/** The queue of executions that ended badly. Until the run's jobs have ended its message fails and comes again. */
export const make = lambda('ReleaseDeadRun', releaseDeadRun.ports, work);
export const handler = make(onAws);
