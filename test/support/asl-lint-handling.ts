import type { State } from '../../local/engine/definition.ts';

/** Error names that Step Functions itself raises and that a state may name. */
const raised = [
  'States.ALL',
  'States.TaskFailed',
  'States.Timeout',
  'States.HeartbeatTimeout',
  'States.Permissions',
  'States.DataLimitExceeded',
  'States.IntrinsicFailure',
  'States.ResultPathMatchFailure',
];

/** Retry and Catch. */
export function handlingProblems(state: State): string[] {
  const missing = (state.Catch ?? [])
    .filter((catcher) => catcher.ResultPath === undefined)
    .map(({ Next }) => `the Catch to ${Next} wants a ResultPath: without one the error replaces the state`);
  const bad = (state.Catch ?? [])
    .filter(({ ResultPath: path }) => typeof path === 'string' && !/^\$(\.[A-Za-z_]\w*)+$/.test(path))
    .map(({ Next }) => `the ResultPath of the Catch to ${Next} has to be of the form $.a.b`);
  return [...missing, ...bad, ...listProblems(state, 'Retry'), ...listProblems(state, 'Catch')];
}

function listProblems(state: State, field: 'Retry' | 'Catch'): string[] {
  const lists = (state[field] ?? []).map((each) => each.ErrorEquals);
  return lists.flatMap((names, index) => {
    const problems = names.flatMap((name) => nameProblems(state, name));
    if (names.includes('States.ALL') && (names.length > 1 || index < lists.length - 1)) {
      problems.push('States.ALL has to stand alone and last');
    }
    return problems.map((problem) => `${field}: ${problem}`);
  });
}

function nameProblems(state: State, name: string): string[] {
  if (name === 'States.Runtime') return ['States.Runtime cannot be handled'];
  if (name.startsWith('States.') && !raised.includes(name)) return [`there is no error ${name}`];
  const plain = name === 'States.ALL' || !name.startsWith('States.');
  if (state.Type !== 'Task' && !plain)
    return [`${name} belongs on a Task; here States.ALL or a name of ours`];
  return [];
}
