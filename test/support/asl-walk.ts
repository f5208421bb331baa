import { innerMachines, type Machine, type State, targets } from '../../local/engine/definition.ts';
import { type Expression, parseExpression } from '../../local/engine/expression.ts';

/** A state with where it stands. */
export interface Placed {
  name: string;
  state: State;
  /** How many Parallel and Map states it is in. */
  depth: number;
}

export function allStates(machine: Machine, depth = 0): Placed[] {
  return Object.entries(machine.States).flatMap(([name, state]) => [
    { name, state, depth },
    ...innerMachines(state).flatMap((inner) => allStates(inner, depth + 1)),
  ]);
}

export function allMachines(machine: Machine): Machine[] {
  return [machine, ...Object.values(machine.States).flatMap(innerMachines).flatMap(allMachines)];
}

/** States that can be reached from `from` over at least one transition. */
export function reachable(machine: Machine, from: string): Set<string> {
  const seen = new Set<string>();
  const todo = targets(machine.States[from]!);
  for (let name = todo.pop(); name !== undefined; name = todo.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    todo.push(...targets(machine.States[name]!));
  }
  return seen;
}

const pathFields = [
  'InputPath',
  'ItemsPath',
  'TimeoutSecondsPath',
  'SecondsPath',
  'TimestampPath',
  'CausePath',
] as const;
const templateFields = ['Parameters', 'ResultSelector', 'ItemSelector'] as const;

/** Every expression of a state that is evaluated, with the field it stands in. */
export function expressions(state: State): { field: string; expression: Expression }[] {
  const paths = pathFields.flatMap((field) => {
    const text = state[field];
    return typeof text === 'string' ? [{ field, expression: parseExpression(text) }] : [];
  });
  const templates = templateFields.flatMap((field) =>
    leaves(state[field])
      .filter(({ key }) => key.endsWith('.$'))
      .map(({ value }) => ({ field: field as string, expression: parseExpression(String(value)) })),
  );
  const variables = leaves(state.Choices)
    .filter(({ key }) => key === 'Variable' || /(Equals|LessThan|GreaterThan)Path$/.test(key))
    .map(({ value }) => ({ field: 'Choices', expression: parseExpression(String(value)) }));
  return [...paths, ...templates, ...variables];
}

export function parts(expression: Expression): Expression[] {
  return expression.kind === 'call' ? [expression, ...expression.arguments.flatMap(parts)] : [expression];
}

/** Values of a JSON tree that are neither object nor array, with the key they stand under. */
export function leaves(value: unknown, key = ''): { key: string; value: unknown }[] {
  if (Array.isArray(value)) return value.flatMap((item) => leaves(item, key));
  if (typeof value !== 'object' || value === null) return value === undefined ? [] : [{ key, value }];
  return Object.entries(value).flatMap(([name, inner]) => leaves(inner, name));
}
