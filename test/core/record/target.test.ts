import { describe, expect, test } from 'vitest';
import { recordFiles } from '../../../core/record/record.ts';
import type { EnvironmentRecord } from '../../../core/record/schema.ts';
import { rollbackTarget } from '../../../core/record/target.ts';
import { C1, C2, entry } from './entries.ts';

function record(change: Partial<EnvironmentRecord>): EnvironmentRecord {
  return { ...recordFiles(null, entry()).next, good: [C2, C1], ...change };
}

describe('where a rollback by hand goes', () => {
  test.each([
    ['to the good commit before the one that stands', record({ state: 'ok' }), undefined, C1],
    ['to the last good commit of what is broken', record({ state: 'broken' }), undefined, C2],
    ['to the last good commit of what was rolled back', record({ state: 'rollback' }), undefined, C2],
    ['to the good commit that is named', record({ state: 'ok' }), C1, C1],
  ])('%s', (_, given, asked, target) => {
    expect(rollbackTarget(given, asked)).toBe(target);
  });

  test.each([
    ['nothing was deployed', null, undefined, 'no good commit'],
    ['nothing was deployed well', record({ commit: null, good: [] }), undefined, 'no good commit'],
    ['the only good commit stands', record({ good: [C2] }), undefined, 'none before it'],
    ['the one that is named was never good', record({}), 'f'.repeat(40), '3f2a91c, 1a2b3c4'],
  ])('nowhere, if %s', (_, given, asked, message) => {
    expect(() => rollbackTarget(given, asked)).toThrow(message);
  });
});
