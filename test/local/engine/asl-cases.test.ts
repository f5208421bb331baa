import { describe, expect, test } from 'vitest';
import { parseDefinition } from '../../../local/engine/definition-check.ts';
import { ASL_CASES } from '../../support/asl-cases.ts';
import { lintWorkflow } from '../../support/asl-lint.ts';
import { scriptedFunctions } from './functions.ts';
import { runOnce } from './run.ts';

/** Why each is outside of the subset: both the engine and the linter refuse it. */
const outside: Record<string, RegExp> = {
  lambda_arn: /Resource/,
  jp_wild_one: /path/,
  jp_slice: /path/,
  jp_deep: /path/,
  jp_bracket: /path/,
  map_iterator_legacy: /ItemProcessor/,
  map_ctx_inside: /Map.Item/,
  intr_json_merge_mutates: /intrinsic/,
  intr_split: /intrinsic/,
  intr_split_charset: /intrinsic/,
};

describe('inside of the subset', () => {
  const inside = ASL_CASES.filter(({ id }) => !(id in outside));

  test.concurrent.each(inside)('$id', async ({ definition, input, countCallsOf, expect: wanted }) => {
    const { tasks, calls } = scriptedFunctions();
    const before = performance.now();

    const execution = await runOnce(definition, input, tasks);

    const { output, error, cause } = execution;
    if ('output' in wanted) expect({ output, error }).toEqual({ output: wanted.output, error: null });
    else expect(error).toBe(wanted.error);
    if (wanted.cause !== undefined) expect(cause).toBe(wanted.cause);
    const times = calls.get(countCallsOf ?? '') ?? [];
    if (wanted.calls !== undefined) expect(times).toHaveLength(wanted.calls);
    if (wanted.minMs !== undefined) expect(performance.now() - before).toBeGreaterThanOrEqual(wanted.minMs);
    for (const [index, gap] of (wanted.gapsSeconds ?? []).entries()) {
      const measured = (times[index + 1]! - times[index]!) / 1000;
      // Never early; a busy machine may be late. The exact delays stand in retry.test.ts.
      expect(measured).toBeGreaterThan(gap - 0.05);
      expect(measured).toBeLessThan(gap + 60);
    }
  });

  test('are nearly all of them', () => {
    expect(inside.length).toBe(49);
  });
});

describe('outside of the subset', () => {
  const refused = ASL_CASES.filter(({ id }) => id in outside);

  test.each(refused)('$id', ({ id, definition }) => {
    const problems = lintWorkflow(definition);

    expect(problems.join('\n')).toMatch(outside[id]!);
  });

  test.each(refused.filter(({ id }) => !['lambda_arn', 'map_ctx_inside'].includes(id)))(
    '$id does not start in the engine',
    ({ id, definition }) => {
      expect(() => parseDefinition(id, definition)).toThrow(outside[id]);
    },
  );
});
