import type { EventPattern } from 'aws-cdk-lib/aws-events';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { ACTIONS_SOURCE, REQUESTS_SOURCE, STATUS_SOURCE } from '../../adapters/aws/event-sources.ts';
import type { QueueName } from '../../lambdas/functions.ts';
import { ACTIONS_COMMANDS } from './actions-role.ts';

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
      return {
        bus: 'default',
        patterns: {
          ended: {
            source: ['aws.states'],
            detailType: ['Step Functions Execution Status Change'],
            detail: {
              stateMachineArn: Object.values(stateMachines).map(({ stateMachineArn }) => stateMachineArn),
              status: ['FAILED', 'TIMED_OUT', 'ABORTED'],
            },
          },
        },
      };
    case 'github':
    case 'slack':
      return { bus: 'cairn', patterns: { [queue]: { source: [STATUS_SOURCE] } } };
  }
}
