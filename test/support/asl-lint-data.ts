import { expressions, leaves, type Placed, parts } from './asl-walk.ts';

/** What may be read of the context object, and where. */
const contexts: { path: RegExp; where: string; allowed: (placed: Placed, field: string) => boolean }[] = [
  { path: /^\$\$\.Execution\.(Id|Name)$/, where: 'anywhere', allowed: () => true },
  { path: /^\$\$\.StateMachine\.Name$/, where: 'anywhere', allowed: () => true },
  {
    path: /^\$\$\.Execution\.Input\b/,
    where: 'outside of Parallel and Map',
    allowed: ({ depth }) => depth === 0,
  },
  {
    path: /^\$\$\.Task\.Token$/,
    where: 'in Parameters of a .waitForTaskToken task',
    allowed: ({ state }, field) => field === 'Parameters' && !!state.Resource?.endsWith('.waitForTaskToken'),
  },
  {
    path: /^\$\$\.Map\.Item\.(Index|Value)\b/,
    where: 'in ItemSelector',
    allowed: (_, field) => field === 'ItemSelector',
  },
];

export function dataProblems(placed: Placed): string[] {
  const { state } = placed;
  const problems = expressions(state).flatMap(({ field, expression }) =>
    parts(expression).flatMap((part) => {
      if (part.kind === 'path') return contextProblems(placed, field, part.text);
      if (part.kind === 'call' && part.name === 'States.Format' && part.arguments[0]!.kind !== 'text') {
        return ['States.Format wants its template as a literal'];
      }
      return [];
    }),
  );
  if ('OutputPath' in state) problems.push('OutputPath is outside of the subset: use ResultSelector');
  if (typeof state.ResultPath === 'string' && !/^\$(\.[A-Za-z_]\w*)+$/.test(state.ResultPath)) {
    problems.push(`ResultPath '${state.ResultPath}' has to be of the form $.a.b`);
  }
  return [...problems, ...literalProblems(placed)];
}

function contextProblems(placed: Placed, field: string, path: string): string[] {
  if (!path.startsWith('$$')) return [];
  const rule = contexts.find((each) => each.path.test(path));
  if (rule === undefined) return [`'${path}' is outside of the subset`];
  return rule.allowed(placed, field) ? [] : [`'${path}' is allowed only ${rule.where}`];
}

/** A path that lacks the `.$` of its key is passed on as text. */
function literalProblems({ state }: Placed): string[] {
  const evaluated = leaves([state.Parameters, state.ResultSelector, state.ItemSelector])
    .filter(({ key, value }) => !key.endsWith('.$') && /^(\$(\.|\$|\[|$)|States\.\w+\()/.test(String(value)))
    .map(({ key, value }) => `'${key}': "${value}" is taken as text: call the key '${key}.$'`);
  const kept = leaves(state.Result)
    .filter(({ key }) => key.endsWith('.$'))
    .map(({ key }) => `'${key}' in Result is not evaluated: use Parameters`);
  return [...evaluated, ...kept];
}
