export const lambda = 'arn:aws:states:::lambda:invoke';

type State = Record<string, unknown>;

/** One task that gets the whole input and whose result is the output. */
export function task(more: State = {}, without = ''): { StartAt: string; States: Record<string, State> } {
  const state: State = { Type: 'Task', Resource: lambda, TimeoutSeconds: 60, End: true, ...more };
  delete state[without];
  return { StartAt: 'Work', States: { Work: state } };
}

/** One task that waits for an answer. */
export function ask(more: State = {}): { StartAt: string; States: Record<string, State> } {
  const Parameters = { 'token.$': '$$.Task.Token' };
  return task({ Resource: `${lambda}.waitForTaskToken`, Parameters, ...more });
}
