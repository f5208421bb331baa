import { describe, expect, test } from 'vitest';
import { lintWorkflow } from '../support/asl-lint.ts';

type Json = Record<string, unknown>;

const lambda = {
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Parameters: { FunctionName: 'Echo', 'Payload.$': '$' },
  ResultSelector: { 'is.$': '$.Payload' },
  ResultPath: '$.echo',
  TimeoutSeconds: 60,
};
const parked = {
  ...lambda,
  Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
  Parameters: { FunctionName: 'Park', Payload: { 'token.$': '$$.Task.Token' } },
};
const job = {
  Type: 'Task',
  Resource: 'arn:aws:states:::batch:submitJob.sync',
  Parameters: { JobName: 'x', JobDefinition: 'Job', JobQueue: 'Queue' },
  ResultPath: null,
  TimeoutSeconds: 60,
};
const map = {
  Type: 'Map',
  ItemsPath: '$.items',
  MaxConcurrency: 10,
  ItemSelector: { 'index.$': '$$.Map.Item.Index', 'item.$': '$$.Map.Item.Value' },
  ItemProcessor: {
    ProcessorConfig: { Mode: 'INLINE' },
    StartAt: 'Item',
    States: { Item: { ...lambda, End: true } },
  },
  ResultPath: '$.results',
};
const zoned = '2026-01-01T00:00:00+01:00';
const deepInput = { ...lambda, ResultSelector: { 'a.$': '$$.Execution.Input.a' } };
const distributed = { ItemProcessor: { ...map.ItemProcessor, ProcessorConfig: { Mode: 'DISTRIBUTED' } } };
const branches = [{ StartAt: 'Branch', States: { Branch: { ...lambda, End: true } } }];
const caught = (names: string[], more: Json = { ResultPath: '$.error' }) => ({
  Catch: [{ ErrorEquals: names, Next: 'Broken', ...more }],
});
const retried = (...names: string[][]) => ({ Retry: names.map((ErrorEquals) => ({ ErrorEquals })) });
const choice = (...rules: Json[]) => ({
  Type: 'Choice',
  Choices: rules.map((rule) => ({ ...rule, Next: 'Done' })),
  Default: 'Done',
});

/** `State` first, then Done; `Broken` if something leads to it. */
function machine(state: Json, more: Json = {}): Json {
  const ends = ['Choice', 'Fail', 'Succeed'].includes(String(state['Type']));
  const whole: Json = {
    StartAt: 'State',
    States: {
      State: ends || 'End' in state ? state : { Next: 'Done', ...state },
      Done: { Type: 'Succeed' },
      ...('Catch' in state ? { Broken: { Type: 'Fail', Error: 'Broken', Cause: 'It broke.' } } : {}),
      ...more,
    },
  };
  if (state['Type'] === 'Fail') delete (whole['States'] as Json)['Done'];
  return whole;
}

describe('accepts', () => {
  const good: [string, Json][] = [
    ['a task', lambda],
    [
      'a task with Retry and Catch',
      { ...lambda, ...retried(['Busy'], ['States.ALL']), ...caught(['States.ALL']) },
    ],
    ['a task whose error is dropped', { ...lambda, ...caught(['States.TaskFailed'], { ResultPath: null }) }],
    [
      'a time limit from the configuration',
      { ...without(parked, 'TimeoutSeconds'), TimeoutSecondsPath: '$.limit' },
    ],
    ['a job', job],
    ['a job that selects', { ...job, ResultPath: '$.job', ResultSelector: { 'id.$': '$.JobId' } }],
    ['a map', { ...map, ...caught(['States.ALL']) }],
    ['a parallel', { Type: 'Parallel', Branches: branches, ResultPath: null, ...caught(['Ours']) }],
    ['a choice', choice({ Variable: '$.a', StringMatches: 'a*' })],
    [
      'a guarded variable',
      choice({
        And: [
          { Variable: '$.a', IsPresent: true },
          { Variable: '$.a', IsNull: true },
        ],
      }),
    ],
    [
      'a variable after the rule for its absence',
      choice({ Variable: '$.a', IsPresent: false }, { Variable: '$.a', NumericGreaterThan: 1 }),
    ],
    ['a time in UTC', choice({ Variable: '$.t', TimestampLessThan: '2026-01-01T00:00:00Z' })],
    ['a wait', { Type: 'Wait', Seconds: 5 }],
    ['a wait until', { Type: 'Wait', TimestampPath: '$.until' }],
    [
      'a pass',
      { Type: 'Pass', Parameters: { 'x.$': "States.Format('{}', $$.Execution.Name)" }, ResultPath: '$.x' },
    ],
    ['a fail', { Type: 'Fail', Error: 'Broken', CausePath: '$.error.Cause' }],
  ];

  test.each(good)('%s', (_, state) => {
    const problems = lintWorkflow(machine(state));

    expect(problems).toEqual([]);
  });
});

describe('refuses', () => {
  const bad: [string, Json, RegExp][] = [
    // The mode and the shape
    ['JSONata', { ...machine(lambda), QueryLanguage: 'JSONata' }, /QueryLanguage/],
    ['Assign', machine({ ...lambda, Assign: { a: 1 } }), /Assign/],
    ['an unknown type', machine({ Type: 'Nap' }), /Type/],
    ['a target that is no state', machine({ ...lambda, Next: 'Nowhere' }), /'Nowhere' is no state/],
    ['a start that is no state', { ...machine(lambda), StartAt: 'Nowhere' }, /StartAt 'Nowhere'/],
    [
      'a state that cannot be reached',
      machine(lambda, { Lost: { Type: 'Succeed' } }),
      /Lost: cannot be reached/,
    ],
    ['neither Next nor End', { StartAt: 'A', States: { A: lambda } }, /either Next or End/],
    [
      'two states of one name',
      machine({ ...map, ...nested('Item', 'Done') }),
      /Done: another state has this name/,
    ],
    // Resources
    [
      'another resource',
      machine({ ...lambda, Resource: 'arn:aws:states:::sns:publish' }),
      /outside of the subset/,
    ],
    ['a function as resource', machine({ ...lambda, Resource: 'arn:aws:lambda:x:1:function:f' }), /Resource/],
    ['a missing parameter', machine({ ...job, Parameters: { JobName: 'x' } }), /parameter JobQueue/],
    ['a job that keeps its detail', machine({ ...job, ResultPath: '$.job' }), /selects its ids/],
    ['a token not passed', machine({ ...parked, Parameters: lambda.Parameters }), /pass \$\$\.Task\.Token/],
    ['a build of another name', machine(build()), /called Build/],
    // Limits
    ['no time limit', machine(without(lambda, 'TimeoutSeconds')), /either TimeoutSeconds/],
    ['two time limits', machine({ ...lambda, TimeoutSecondsPath: '$.limit' }), /either TimeoutSeconds/],
    ['a time limit of 0', machine({ ...lambda, TimeoutSeconds: 0 }), /TimeoutSeconds/],
    ['a time limit that overflows', machine({ ...lambda, TimeoutSeconds: 2_147_484 }), /1 to 2147483/],
    ['a heartbeat past the limit', machine({ ...parked, HeartbeatSeconds: 60 }), /less than TimeoutSeconds/],
    ['a heartbeat from data', machine({ ...parked, HeartbeatSecondsPath: '$.beat' }), /HeartbeatSecondsPath/],
    ['a wait of nothing', machine({ Type: 'Wait', Seconds: 0 }), /Seconds has to be/],
    ['a wait that overflows', machine({ Type: 'Wait', Seconds: 2_147_484 }), /Seconds has to be/],
    ['a wait for seconds from data', machine({ Type: 'Wait', SecondsPath: '$.s' }), /TimestampPath only/],
    ['a poll loop', machine({ Type: 'Wait', Seconds: 5, Next: 'Look' }, { Look: look() }), /poll loop/],
    // Paths and data
    ['a wildcard', machine({ ...lambda, InputPath: '$.a[*]' }), /path/],
    ['a filter', machine({ ...lambda, ResultSelector: { 'a.$': '$.a[?(@.b)]' } }), /path/],
    ['a slice', machine({ ...map, ItemsPath: '$.a[0:2]' }), /path/],
    ['a deep scan', machine(choice({ Variable: '$..a', IsNull: true })), /path/],
    ['OutputPath', machine({ ...lambda, OutputPath: '$.a' }), /OutputPath/],
    ['ResultPath $', machine({ ...lambda, ResultPath: '$' }), /form \$\.a\.b/],
    ['ResultPath with an index', machine({ ...lambda, ResultPath: '$.a[0]' }), /form \$\.a\.b/],
    ['a path without its .$', machine({ ...lambda, ResultSelector: { a: '$.Payload' } }), /taken as text/],
    ['a path in Result', machine({ Type: 'Pass', Result: { 'a.$': '$.b' } }), /not evaluated/],
    ['a falsy Result', machine({ Type: 'Pass', Result: false }), /falsy/],
    // Context
    ['a time of start', machine(pass('$$.Execution.StartTime')), /outside of the subset/],
    ['a token elsewhere', machine(pass('$$.Task.Token')), /only in Parameters/],
    ['an item elsewhere', machine(pass('$$.Map.Item.Index')), /only in ItemSelector/],
    [
      'a token in an item',
      machine({ ...map, ItemSelector: selector('$$.Task.Token') }),
      /only in Parameters/,
    ],
    [
      'the input inside of a map',
      machine({ ...map, ...nested('Item', 'Deep', deepInput) }),
      /outside of Parallel/,
    ],
    // Intrinsics
    ['UUID', machine(pass('States.UUID()')), /intrinsic/],
    ['MathRandom', machine(pass('States.MathRandom(1, 2)')), /intrinsic/],
    ['JsonMerge', machine(pass('States.JsonMerge($.a, $.b, false)')), /intrinsic/],
    ['a template from data', machine(pass('States.Format($.a, $.b)')), /literal/],
    ['too many arguments', machine(pass('States.MathAdd(1, 2, 3)')), /intrinsic/],
    // Choice
    ['no Default', machine(without(choice({ Variable: '$.a', IsNull: true }), 'Default')), /wants a Default/],
    ['an unknown operator', machine(choice({ Variable: '$.a', Equals: 1 })), /known operator/],
    [
      'two operators',
      machine(choice({ Variable: '$.a', IsNull: true, IsString: true })),
      /one known operator/,
    ],
    ['an escape in a pattern', machine(choice({ Variable: '$.a', StringMatches: 'a\\*' })), /\* only/],
    ['a time with an offset', machine(choice({ Variable: '$.t', TimestampEquals: zoned })), /end in Z/],
    [
      'an optional variable that is not guarded',
      machine(choice({ Variable: '$.a', NumericEquals: 1 }, { Variable: '$.a', IsPresent: true })),
      /ask IsPresent/,
    ],
    [
      'a guard that comes too late',
      machine(
        choice({
          And: [
            { Variable: '$.a', IsNull: true },
            { Variable: '$.a', IsPresent: true },
          ],
        }),
      ),
      /ask IsPresent/,
    ],
    // Retry and Catch
    ['a Catch without ResultPath', machine({ ...lambda, ...caught(['Ours'], {}) }), /wants a ResultPath/],
    ['a Catch into $', machine({ ...lambda, ...caught(['Ours'], { ResultPath: '$' }) }), /form \$\.a\.b/],
    ['States.ALL with others', machine({ ...lambda, ...retried(['Ours', 'States.ALL']) }), /alone and last/],
    ['States.ALL not last', machine({ ...lambda, ...retried(['States.ALL'], ['Ours']) }), /alone and last/],
    ['States.Runtime', machine({ ...lambda, ...retried(['States.Runtime']) }), /cannot be handled/],
    ['an unknown States error', machine({ ...lambda, ...retried(['States.Oops']) }), /no error States.Oops/],
    [
      'States.TaskFailed on a map',
      machine({ ...map, ...caught(['States.TaskFailed']) }),
      /belongs on a Task/,
    ],
    ['States.Timeout on a map', machine({ ...map, ...caught(['States.Timeout']) }), /belongs on a Task/],
    // Map, Fail
    [
      'the old Iterator',
      machine({ ...without(map, 'ItemProcessor'), Iterator: map.ItemProcessor }),
      /ItemProcessor/,
    ],
    ['a distributed map', machine({ ...map, ...distributed }), /Mode/],
    ['no bound', machine(without(map, 'MaxConcurrency')), /MaxConcurrency/],
    ['a bound of 0', machine({ ...map, MaxConcurrency: 0 }), /MaxConcurrency/],
    ['a bound over 40', machine({ ...map, MaxConcurrency: 41 }), /MaxConcurrency/],
    ['no index', machine({ ...map, ItemSelector: { 'v.$': '$$.Map.Item.Value' } }), /Map\.Item\.Index/],
    ['a Fail without Error', machine({ Type: 'Fail', Cause: 'x' }), /wants an Error/],
    ['a Fail without Cause', machine({ Type: 'Fail', Error: 'x' }), /Cause or CausePath/],
    [
      'a made-up Cause',
      machine({ Type: 'Fail', Error: 'x', CausePath: "States.Format('x')" }),
      /not an intrinsic/,
    ],
  ];

  test.each(bad)('%s', (_, definition, problem) => {
    const problems = lintWorkflow(definition);

    expect(problems.join('\n')).toMatch(problem);
  });
});

function without(from: Json, field: string): Json {
  const { [field]: _, ...rest } = from;
  return rest;
}

function pass(value: string): Json {
  return { Type: 'Pass', Parameters: { 'x.$': value } };
}

function selector(value: string): Json {
  return { 'index.$': '$$.Map.Item.Index', 'x.$': value };
}

function nested(first: string, second: string, state: Json = lambda): Json {
  const States = { [first]: { ...lambda, Next: second }, [second]: { ...state, End: true } };
  return { ItemProcessor: { StartAt: first, States } };
}

function look(): Json {
  return { ...choice({ Variable: '$.a', IsNull: true }), Default: 'State' };
}

function build(): Json {
  const Resource = 'arn:aws:states:::codebuild:startBuild.sync';
  return { ...job, Resource, Parameters: { ProjectName: 'Build' } };
}
