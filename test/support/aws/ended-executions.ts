import { setTimeout as sleep } from 'node:timers/promises';
import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { DescribeExecutionCommand, ListExecutionsCommand } from '@aws-sdk/client-sfn';
import type { AwsClients } from '../../../adapters/aws/clients/clients.ts';

/** What Step Functions tells EventBridge and moto does not: that an execution has ended. */
export function tellEndedExecutions(stateMachines: readonly string[], { states, events }: AwsClients) {
  const told = new Set<string>();
  const stop = new AbortController();

  async function look(): Promise<void> {
    for (const stateMachineArn of stateMachines) {
      const { executions = [] } = await states.send(new ListExecutionsCommand({ stateMachineArn }));
      for (const { executionArn = '', name, status = 'RUNNING' } of executions) {
        if (status === 'RUNNING' || told.has(executionArn)) continue;
        told.add(executionArn);
        const { error, cause, input } = await states.send(new DescribeExecutionCommand({ executionArn }));
        const detail = { executionArn, stateMachineArn, name, status, error, cause, input };
        await events.send(
          new PutEventsCommand({
            Entries: [
              {
                Source: 'aws.states',
                DetailType: 'Step Functions Execution Status Change',
                Detail: JSON.stringify(detail),
                Resources: [executionArn],
              },
            ],
          }),
        );
      }
    }
  }

  const done = (async () => {
    while (!stop.signal.aborted) {
      await look().catch((error) => {
        if (!stop.signal.aborted) throw error;
      });
      await sleep(200, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  })();
  return {
    async close() {
      stop.abort();
      await done;
    },
  };
}
