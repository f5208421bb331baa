import { CreateStateMachineCommand } from '@aws-sdk/client-sfn';
import type { AwsClients } from '../../../adapters/aws/clients/clients.ts';
import { ACCOUNT, REGION } from './moto.ts';

/** ARN of our state machines without a workflow's name. */
export const STATE_MACHINES = `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:cairn-`;

/** A state machine `cairn-<name>` for each definition. */
export async function createMachines(
  clients: Pick<AwsClients, 'states'>,
  definitions: Record<string, unknown>,
): Promise<void> {
  const roleArn = `arn:aws:iam::${ACCOUNT}:role/cairn-workflows`;
  for (const [name, definition] of Object.entries(definitions)) {
    const machine = { name: `cairn-${name}`, definition: JSON.stringify(definition), roleArn };
    await clients.states.send(new CreateStateMachineCommand(machine));
  }
}
