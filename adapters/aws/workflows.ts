import { isDeepStrictEqual } from 'node:util';
import {
  DescribeExecutionCommand,
  type DescribeExecutionCommandOutput,
  type ExecutionStatus,
  SendTaskFailureCommand,
  SendTaskSuccessCommand,
  type SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { Conflict, InvalidInput, InvalidToken, NotFound } from '../../core/errors.ts';
import type { Workflows } from '../../core/ports.ts';
import { isAws, reach } from './clients/errors.ts';

/** Longest that Step Functions takes, in characters. */
const LONGEST_ERROR = 256;
const LONGEST_CAUSE = 32_768;

type Status = NonNullable<Awaited<ReturnType<Workflows['status']>>>;

const STATUS: Record<ExecutionStatus, Status> = {
  RUNNING: 'running',
  PENDING_REDRIVE: 'running',
  SUCCEEDED: 'succeeded',
  FAILED: 'failed',
  TIMED_OUT: 'failed',
  ABORTED: 'stopped',
};

/**
 * Workflows on Step Functions. `stateMachines` is an ARN without its workflow, such as
 * `arn:aws:states:eu-west-1:123456789012:stateMachine:cairn-`.
 */
export function stepFunctions(states: SFNClient, stateMachines: string): Workflows {
  const machine = (workflow: string) => `${stateMachines}${workflow}`;
  const execution = (workflow: string, name: string) =>
    `${machine(workflow).replace(':stateMachine:', ':execution:')}:${name}`;

  /** Null if there is none, or none any more: 90 days after its end an execution is forgotten. */
  async function describe(workflow: string, name: string): Promise<DescribeExecutionCommandOutput | null> {
    const executionArn = execution(workflow, name);
    try {
      return await reach(executionArn, () => states.send(new DescribeExecutionCommand({ executionArn })));
    } catch (error) {
      if (isAws(error, 'ExecutionDoesNotExist')) return null;
      throw error;
    }
  }

  return {
    async start(workflow, name, input) {
      const text = JSON.stringify(input ?? {});
      const asked = Date.now();
      try {
        const command = { stateMachineArn: machine(workflow), name, input: text };
        const { startDate } = await reach(`workflow ${workflow}`, () =>
          states.send(new StartExecutionCommand(command)),
        );
        // While it runs, the same start again is answered like the first: only its date tells, as exactly as
        // the clocks agree. Nothing is decided by it.
        return startDate !== undefined && startDate.getTime() < asked ? 'exists' : 'started';
      } catch (error) {
        if (!isAws(error, 'ExecutionAlreadyExists')) throw known(error, workflow, name);
        const before = await describe(workflow, name);
        if (before && isDeepStrictEqual(JSON.parse(before.input ?? '{}'), JSON.parse(text))) return 'exists';
        throw new Conflict(`Execution ${name} of workflow ${workflow} was started with other input.`, {
          cause: error,
        });
      }
    },

    async succeed(taskToken, output) {
      const text = JSON.stringify(output ?? null);
      await answer(() => states.send(new SendTaskSuccessCommand({ taskToken, output: text })));
    },

    async fail(taskToken, error, cause) {
      const failure = { error: error.slice(0, LONGEST_ERROR), cause: cause.slice(0, LONGEST_CAUSE) };
      await answer(() => states.send(new SendTaskFailureCommand({ taskToken, ...failure })));
    },

    async stop(workflow, name, cause) {
      const executionArn = execution(workflow, name);
      const why = { error: 'Stopped', cause: cause.slice(0, LONGEST_CAUSE) };
      try {
        await reach(executionArn, () => states.send(new StopExecutionCommand({ executionArn, ...why })));
      } catch (error) {
        if (!isAws(error, 'ExecutionDoesNotExist')) throw error;
      }
    },

    async status(workflow, name) {
      const found = await describe(workflow, name);
      return found?.status === undefined ? null : STATUS[found.status];
    },
  };
}

async function answer(send: () => Promise<unknown>): Promise<void> {
  await reach('the answer of a task', async () => {
    try {
      await send();
    } catch (error) {
      if (!isAws(error, 'TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken')) throw error;
      throw new InvalidToken('Nobody waits for this token: it was answered, has timed out or never was.', {
        cause: error,
      });
    }
  });
}

function known(error: unknown, workflow: string, name: string): unknown {
  if (isAws(error, 'StateMachineDoesNotExist')) {
    return new NotFound(`There is no workflow ${workflow}.`, { cause: error });
  }
  if (isAws(error, 'InvalidName', 'InvalidExecutionInput')) {
    const message = `Execution ${name} of workflow ${workflow} cannot be started: ${error.message}`;
    return new InvalidInput(message, { cause: error });
  }
  return error;
}
