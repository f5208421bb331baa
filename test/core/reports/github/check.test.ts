import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { renderDeployCheck, renderPlanCheck } from '../../../../core/reports/github/check.ts';
import type { ProjectStatus } from '../../../../core/reports/plan-report.ts';
import { CHECK_LIMIT } from '../../../../core/reports/split.ts';
import { markdownFaults } from '../../../support/markdown-check.ts';
import { changesOf, fixtureChanges, resource } from '../../../support/plans.ts';
import { deployReport, planned, planReport } from '../../../support/reports.ts';
import { wildPlanReport } from '../../../support/wild-plans.ts';

function check(...statuses: ProjectStatus[]) {
  const projects = statuses.map((status, i) => ({ ...planned(`p${i}`, changesOf([])), status }));
  return renderPlanCheck(planReport({ projects }));
}

describe('renderPlanCheck', () => {
  test('succeeds also when nothing is affected', () => {
    expect(renderPlanCheck(planReport())).toMatchObject({ state: 'success', title: 'No project affected' });
  });

  test.each<[ProjectStatus[], string]>([
    [['planned', 'empty'], 'success'],
    [['planned', 'waits'], 'neutral'],
    [['planned', 'waits', 'failed'], 'failure'],
  ])('%j is %s', (statuses, state) => {
    expect(check(...statuses).state).toBe(state);
  });

  test('fails for a guard, runs while it runs, and is neutral when superseded', () => {
    const guarded = planned('a', changesOf([resource('a.x', ['delete'])]), { violations: ['no'] });

    expect(renderPlanCheck(planReport({ projects: [guarded] })).state).toBe('failure');
    expect(renderPlanCheck(planReport({ state: 'running' })).state).toBe('in_progress');
    expect(renderPlanCheck(planReport({ state: 'superseded' })).state).toBe('neutral');
    expect(renderPlanCheck(planReport({ state: 'failed' })).state).toBe('failure');
  });

  test('has a row for each project and what the failed ones said', () => {
    const failed = {
      name: 'b',
      dir: 'b',
      status: 'failed' as const,
      error: 'Error: one\nError: two',
      logUrl: 'https://cairn.example/j/b',
    };

    const { title, summary } = renderPlanCheck(
      planReport({ projects: [planned('a', fixtureChanges('change')), failed] }),
    );

    expect(title).toBe('1 of 2 projects failed');
    expect(summary).toContain('| `a` | 2 | 2 | **2** |');
    expect(summary).toContain('```\nError: one\nError: two\n```');
  });

  test('fits whatever people and programs say, and keeps the link', () => {
    const long = '&\u0001'.repeat(1000);
    const lines = Array.from({ length: 400 }, (_, i) => `${i}${long}`);
    const projects = lines.map((name) => ({
      ...planned(name, fixtureChanges('change'), { violations: [long] }),
      status: 'failed' as const,
      error: lines.join('\n'),
    }));

    const { summary } = renderPlanCheck(
      planReport({
        state: 'failed',
        message: lines.join('\n'),
        policyChanges: lines,
        removed: lines,
        projects,
      }),
    );

    expect(markdownFaults(summary, CHECK_LIMIT)).toEqual([]);
    expect(summary).toContain('| add | change | destroy |');
    expect(summary.endsWith('[Run](https://cairn.example/runs/1)')).toBe(true);
  });

  test('keeps the invariants for any report', () => {
    fc.assert(
      fc.property(wildPlanReport, (report) => {
        const { title, summary } = renderPlanCheck(report);

        expect(markdownFaults(summary, CHECK_LIMIT)).toEqual([]);
        expect(title.length).toBeLessThanOrEqual(140);
      }),
      { numRuns: 150 },
    );
  });
});

describe('renderDeployCheck', () => {
  test('shows how to approve while it waits', () => {
    const approval = { digest: 'abcdef1'.padEnd(64, '0'), until: '2026-11-22T06:24:00.000Z', approvers: [] };

    const { state, title, summary } = renderDeployCheck(deployReport({ state: 'waiting', approval }));

    expect(state).toBe('in_progress');
    expect(title).toBe('Deploy to prod: waits for approval');
    expect(summary).toContain('Approve with `/cairn approve prod abcdef1`');
  });

  test.each([
    ['deployed', 'success'],
    ['nothing', 'success'],
    ['superseded', 'neutral'],
    ['rolled-back', 'failure'],
    ['broken', 'failure'],
  ] as const)('%s is %s', (state, expected) => {
    expect(renderDeployCheck(deployReport({ state })).state).toBe(expected);
  });
});
