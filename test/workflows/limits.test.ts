import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseDefinition } from '../../local/engine/definition-check.ts';
import { allStates } from '../support/asl-walk.ts';

const WORKFLOWS = ['plan', 'deploy'];

function statesOf(workflow: string) {
  const file = new URL(`../../workflows/${workflow}.asl.json`, import.meta.url);
  return allStates(parseDefinition(workflow, JSON.parse(readFileSync(file, 'utf8'))));
}

/**
 * Step Functions counts what all items of a Map leave towards its 256 KiB, also where the Map's result is dropped,
 * and nothing catches that error. A failed job's cause alone has some KB.
 */
test.each(WORKFLOWS)('%s: what an item of a Map leaves is a word, however it ended', (workflow) => {
  const last = statesOf(workflow).filter(({ depth, state }) => depth > 0 && state.End);

  const left = last.map(({ state }) => ({
    path: state.ResultPath,
    leaves: state.Type === 'Task' ? state.ResultSelector : state.Result,
  }));

  expect(left.length).toBeGreaterThan(0);
  for (const one of left) expect(one).toEqual({ path: undefined, leaves: { ended: true } });
});

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
