import { expect, test } from 'vitest';
import type { Retrier, State } from '../../../local/engine/definition.ts';
import { covers, nextRetry } from '../../../local/engine/retry.ts';

function delays(retrier: Partial<Retrier>, random = 0.5): number[] {
  const state: State = { Type: 'Task', Retry: [{ ErrorEquals: ['Busy'], ...retrier }] };
  const found: number[] = [];
  let used: number[] = [];
  for (;;) {
    const next = nextRetry(state, used, 'Busy', () => random);
    if (next === undefined) return found;
    found.push(next.delay);
    used = next.used;
  }
}

test.each<[Partial<Retrier>, number[]]>([
  [{}, [1000, 2000, 4000]],
  [{ IntervalSeconds: 2, BackoffRate: 1.5, MaxAttempts: 2 }, [2000, 3000]],
  [{ IntervalSeconds: 10, BackoffRate: 10, MaxDelaySeconds: 60 }, [10_000, 60_000, 60_000]],
  [{ JitterStrategy: 'FULL', BackoffRate: 1 }, [500, 500, 500]],
  [{ MaxAttempts: 0 }, []],
])('%j waits %j', (retrier, expected) => {
  expect(delays(retrier)).toEqual(expected);
});

test.each<[string[], string, boolean]>([
  [['States.ALL'], 'Ours', true],
  [['States.ALL'], 'States.Timeout', true],
  [['States.ALL'], 'States.Runtime', false],
  [['States.Runtime'], 'States.Runtime', false],
  [['States.ALL'], 'States.DataLimitExceeded', false],
  [['States.DataLimitExceeded'], 'States.DataLimitExceeded', true],
  [['States.TaskFailed'], 'Ours', true],
  [['States.TaskFailed'], 'States.Timeout', false],
  [['States.TaskFailed'], 'States.HeartbeatTimeout', false],
  [['States.Timeout'], 'States.HeartbeatTimeout', true],
  [['States.HeartbeatTimeout'], 'States.Timeout', false],
  [['Ours', 'Theirs'], 'Theirs', true],
  [['Ours'], 'Theirs', false],
])('%j covers %s: %j', (names, error, expected) => {
  expect(covers(names, error)).toBe(expected);
});
