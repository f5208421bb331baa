import type { Machine } from '../../local/engine/definition.ts';
import { parseDefinition } from '../../local/engine/definition-check.ts';
import { choiceProblems } from './asl-lint-choice.ts';
import { dataProblems } from './asl-lint-data.ts';
import { handlingProblems } from './asl-lint-handling.ts';
import { MAX_SECONDS, taskProblems } from './asl-lint-task.ts';
import { allMachines, allStates, type Placed, reachable } from './asl-walk.ts';

/**
 * What of a definition lies outside of the subset that AWS Step Functions and the local engine run alike.
 * Empty if all is well.
 */
export function lintWorkflow(definition: unknown): string[] {
  let machine: Machine;
  try {
    machine = parseDefinition('definition', definition);
  } catch (error) {
    return (error as Error).message.split('\n').slice(1);
  }
  const states = allStates(machine);
  const own = states.flatMap((placed) =>
    stateProblems(placed).map((problem) => `${placed.name}: ${problem}`),
  );
  return [...own, ...nameProblems(states), ...allMachines(machine).flatMap(flowProblems)];
}

function stateProblems(placed: Placed): string[] {
  return [
    ...dataProblems(placed),
    ...taskProblems(placed),
    ...choiceProblems(placed.state),
    ...handlingProblems(placed.state),
    ...mapProblems(placed),
    ...otherProblems(placed),
  ];
}

function mapProblems({ state }: Placed): string[] {
  if (state.Type !== 'Map') return [];
  const problems: string[] = [];
  const { MaxConcurrency: most } = state;
  if (most === undefined || most < 1 || most > 40) problems.push('MaxConcurrency has to be 1 to 40');
  if (!JSON.stringify(state.ItemSelector ?? {}).includes('"$$.Map.Item.Index"')) {
    problems.push('ItemSelector has to pass $$.Map.Item.Index');
  }
  return problems;
}

function otherProblems({ state }: Placed): string[] {
  const problems: string[] = [];
  if (state.Type === 'Wait') {
    const { Seconds: seconds } = state;
    if (seconds === undefined && state.TimestampPath === undefined) {
      problems.push('waits for Seconds or until TimestampPath only');
    }
    if (seconds !== undefined && (seconds < 1 || seconds > MAX_SECONDS)) {
      problems.push(`Seconds has to be 1 to ${MAX_SECONDS}`);
    }
  }
  if (state.Type === 'Pass' && 'Result' in state && !state.Result) {
    problems.push('a falsy Result is lost by some interpreters');
  }
  if (state.Type === 'Fail') {
    if (state.Error === undefined) problems.push('wants an Error');
    if ((state.Cause === undefined) === (state.CausePath === undefined)) {
      problems.push('wants either Cause or CausePath');
    }
    if (state.CausePath !== undefined && !state.CausePath.startsWith('$')) {
      problems.push('CausePath has to be a path, not an intrinsic');
    }
  }
  return problems;
}

/** State names are global keys: of running executions, logs and metrics. */
function nameProblems(states: Placed[]): string[] {
  const names = states.map(({ name }) => name);
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  const build = states.filter(({ state }) => state.Resource?.includes(':codebuild:'));
  return [
    ...twice.map((name) => `${name}: another state has this name`),
    ...build
      .filter(({ name }) => name !== 'Build')
      .map(({ name }) => `${name}: the only codebuild state is called Build`),
  ];
}

function flowProblems(machine: Machine): string[] {
  const reached = reachable(machine, machine.StartAt).add(machine.StartAt);
  return Object.entries(machine.States).flatMap(([name, state]) => {
    if (!reached.has(name)) return [`${name}: cannot be reached`];
    // A history holds 25,000 events.
    return state.Type === 'Wait' && reachable(machine, name).has(name) ? [`${name}: is a poll loop`] : [];
  });
}
