import type { EventPattern } from 'aws-cdk-lib/aws-events';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { ACTIONS_SOURCE, REQUESTS_SOURCE, STATUS_SOURCE } from '../../adapters/aws/events/sources.ts';
import type { QueueName } from '../../lambdas/functions.ts';
import { ACTIONS_COMMANDS } from '../config/schema.ts';

interface Events {
  /** `cairn`: ours. `default`: the account's own, where AWS's services tell what happened. */
  bus: 'cairn' | 'default';
  /** Name of a rule (`cairn-<name>`) -> what it lets through. */
  patterns: Record<string, EventPattern>;
}

/** What each queue is told. */
export function eventsOf(queue: QueueName, stateMachines: Record<string, IStateMachine>): Events {
  switch (queue) {
    case 'requests':
      return {
        bus: 'cairn',
        patterns: {
          requests: { source: [REQUESTS_SOURCE] },
          // The detail-type is what IAM binds a role of GitHub Actions to; the rest of such an event is a claim.
          actions: {
            source: [ACTIONS_SOURCE],
            detailType: ACTIONS_COMMANDS.map((command) => ({ prefix: `${command}:` })) as unknown as string[],
          },
        },
      };
    case 'ended':
      return { bus: 'default', patterns: endings(stateMachines) };
    case 'github':
    case 'slack':
      return { bus: 'cairn', patterns: { [queue]: { source: [STATUS_SOURCE] } } };
  }
}

/** Rules whose events mean that Cairn itself failed: an alarm counts them, for all workflows at once. */
export const DIED = ['died', 'aborted'] as const;

/** A newer commit aborts the plan of an older one: that is how it should be. Nobody aborts anything else. */
function endings(stateMachines: Record<string, IStateMachine>): Record<string, EventPattern> {
  const ended = (workflows: string[], status: string[]): EventPattern => ({
    source: ['aws.states'],
    detailType: ['Step Functions Execution Status Change'],
    detail: {
      stateMachineArn: workflows.map((name) => stateMachines[name]?.stateMachineArn),
      status,
    },
  });
  const all = Object.keys(stateMachines);
  const rest = all.filter((name) => name !== 'plan');
  const patterns: Record<(typeof DIED)[number] | 'superseded', EventPattern> = {
    died: ended(all, ['FAILED', 'TIMED_OUT']),
    aborted: ended(rest, ['ABORTED']),
    superseded: ended(['plan'], ['ABORTED']),
  };
  return patterns;
}
