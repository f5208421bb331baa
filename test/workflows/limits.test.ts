import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { WORKFLOWS } from '../../core/requests/run.ts';
import { parseDefinition } from '../../local/engine/definition-check.ts';
import { nextRetry } from '../../local/engine/retry.ts';
import { allStates } from '../support/asl-walk.ts';

function statesOf(workflow: string) {
  const file = new URL(`../../workflows/${workflow}.asl.json`, import.meta.url);
  return allStates(parseDefinition(workflow, JSON.parse(readFileSync(file, 'utf8'))));
}

/**
 * Step Functions counts what all items of a Map leave towards its 256 KiB, also where the Map's result is dropped,
 * and nothing catches that error. A failed job's cause alone has some KB.
 */
test.each(WORKFLOWS.filter((workflow) => statesOf(workflow).some(({ depth }) => depth > 0)))(
  '%s: what an item of a Map leaves is a word, however it ended',
  (workflow) => {
    const last = statesOf(workflow).filter(({ depth, state }) => depth > 0 && state.End);

    const left = last.map(({ state }) => ({
      path: state.ResultPath,
      leaves: state.Type === 'Task' ? state.ResultSelector : state.Result,
    }));

    expect(left.length).toBeGreaterThan(0);
    for (const one of left) expect(one).toEqual({ path: undefined, leaves: { ended: true } });
  },
);

test.each(WORKFLOWS)('%s: every call of a function is repeated for what passes', (workflow) => {
  const calls = statesOf(workflow).filter(({ state }) => state.Resource?.includes(':lambda:'));

  const given = calls.filter(
    ({ state }) =>
      !['Unavailable', 'Lambda.TooManyRequestsException'].every((error) =>
        state.Retry?.some(({ ErrorEquals }) => ErrorEquals.includes(error)),
      ),
  );

  expect(calls.length).toBeGreaterThan(0);
  expect(given.map(({ name }) => name)).toEqual([]);
});

/** Seconds between the attempts of a state that fails with this error each time, with the longest pauses it may make. */
function pausesAfter(error: string, { state }: ReturnType<typeof statesOf>[number]): number[] {
  const pauses: number[] = [];
  let used: number[] = [];
  for (;;) {
    const retry = nextRetry(state, used, error, () => 1);
    if (retry === undefined) return pauses;
    used = retry.used;
    pauses.push(retry.delay / 1000);
  }
}

describe('a job', () => {
  const STARTED = WORKFLOWS.flatMap((workflow) =>
    statesOf(workflow)
      .filter(({ state }) => /:(batch|codebuild):/.test(state.Resource ?? ''))
      .map((one) => ({ ...one, workflow })),
  );

  test('is started by every workflow but one', () => {
    expect([...new Set(STARTED.map(({ workflow }) => workflow))]).toEqual(
      WORKFLOWS.filter((workflow) => workflow !== 'extend'),
    );
  });

  test.each(STARTED)('$workflow $name: is asked for again where too many were at once', (started) => {
    const service = started.state.Resource?.includes(':batch:') ? 'batch' : 'codebuild';
    const refusals = {
      batch: ['Batch.TooManyRequestsException', 'Batch.AWSBatchException'],
      codebuild: ['CodeBuild.AccountLimitExceededException', 'CodeBuild.AWSCodeBuildException'],
    };

    for (const refusal of refusals[service]) {
      const pauses = pausesAfter(refusal, started);

      // SubmitJob takes 50 a second of an account: 200 environments with 20 projects each are 80 seconds' worth.
      expect(pauses.reduce((sum, one) => sum + one, 0)).toBeGreaterThan(600);
      expect(started.state.Retry?.every(({ JitterStrategy }) => JitterStrategy === 'FULL')).toBe(true);
    }
  });

  test.each(STARTED)('$workflow $name: is never repeated once it ran', (started) => {
    const ends = ['States.TaskFailed', 'States.Timeout', 'States.ALL'];

    expect(ends.flatMap((end) => pausesAfter(end, started))).toEqual([]);
  });
});

test('a review waits for longer than an apply that is told to stop may take', () => {
  const review = statesOf('deploy').find(({ name }) => name === 'ReviewApplies');
  const {
    IntervalSeconds = 1,
    BackoffRate = 2,
    MaxAttempts = 3,
    MaxDelaySeconds = 60,
  } = review?.state.Retry?.[0] ?? {};

  const waits = Array.from({ length: MaxAttempts }, (_, n) =>
    Math.min(IntervalSeconds * BackoffRate ** n, MaxDelaySeconds),
  );

  // Fargate's 120 s to stop in, and as long again to tell Batch.
  expect(waits.reduce((sum, one) => sum + one, 0)).toBeGreaterThan(240);
});
