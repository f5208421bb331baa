import type { State } from '../../local/engine/definition.ts';
import { isRecord } from '../../local/engine/paths.ts';
import { expressions, type Placed, parts } from './asl-walk.ts';

/** Longest wait and timeout in seconds: what a 32-bit number of milliseconds holds. */
export const MAX_SECONDS = 2_147_483;

/** Resources of the subset with the parameters that they need. */
const resources: Record<string, string[]> = {
  'arn:aws:states:::lambda:invoke': ['FunctionName', 'Payload'],
  'arn:aws:states:::lambda:invoke.waitForTaskToken': ['FunctionName', 'Payload'],
  'arn:aws:states:::sqs:sendMessage': ['QueueUrl', 'MessageBody'],
  'arn:aws:states:::sqs:sendMessage.waitForTaskToken': ['QueueUrl', 'MessageBody'],
  'arn:aws:states:::events:putEvents': ['Entries'],
  'arn:aws:states:::batch:submitJob.sync': ['JobName', 'JobDefinition', 'JobQueue'],
  'arn:aws:states:::codebuild:startBuild.sync': ['ProjectName'],
  'arn:aws:states:::states:startExecution': ['StateMachineArn', 'Name', 'Input'],
};

export function taskProblems({ state }: Placed): string[] {
  if (state.Type !== 'Task') return [];
  const resource = state.Resource!;
  const needed = Object.hasOwn(resources, resource) ? resources[resource] : undefined;
  if (needed === undefined) return [`Resource '${resource}' is outside of the subset`];
  const given = isRecord(state.Parameters) ? state.Parameters : {};
  const problems = needed
    .filter((key) => !(key in given) && !(`${key}.$` in given))
    .map((key) => `${resource} wants the parameter ${key}`);
  if (resource.endsWith('.sync') && state.ResultSelector === undefined && state.ResultPath !== null) {
    problems.push(
      'a .sync task selects its ids with ResultSelector or drops its result with ResultPath null',
    );
  }
  if (resource.endsWith('.waitForTaskToken') && !passesToken(state)) {
    problems.push('a .waitForTaskToken task has to pass $$.Task.Token');
  }
  return [...problems, ...limitProblems(state)];
}

function passesToken(state: State): boolean {
  return expressions(state)
    .filter(({ field }) => field === 'Parameters')
    .flatMap(({ expression }) => parts(expression))
    .some((part) => part.kind === 'path' && part.text === '$$.Task.Token');
}

function limitProblems(state: State): string[] {
  const { TimeoutSeconds: timeout, HeartbeatSeconds: heartbeat } = state;
  const problems: string[] = [];
  if ((timeout === undefined) === (state.TimeoutSecondsPath === undefined)) {
    problems.push('wants either TimeoutSeconds or TimeoutSecondsPath');
  }
  if (timeout !== undefined && timeout > MAX_SECONDS) {
    problems.push(`TimeoutSeconds has to be 1 to ${MAX_SECONDS}`);
  }
  if (state.HeartbeatSecondsPath !== undefined)
    problems.push('HeartbeatSecondsPath is outside of the subset');
  if (heartbeat !== undefined && timeout !== undefined && heartbeat >= timeout) {
    problems.push('HeartbeatSeconds has to be less than TimeoutSeconds');
  }
  return problems;
}
