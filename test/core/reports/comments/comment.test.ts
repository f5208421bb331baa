import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { summarize } from '../../../../core/plans/summary.ts';
import { renderPlanComment } from '../../../../core/reports/comments/comment.ts';
import type { PlanReport, ReportedProject } from '../../../../core/reports/plan-report.ts';
import { COMMENT_LIMIT } from '../../../../core/reports/split.ts';
import { markdownFaults, withoutFences } from '../../../support/markdown-check.ts';
import { changesOf, fixtureChanges, resource, update } from '../../../support/plans.ts';
import { planned, planReport } from '../../../support/reports.ts';
import { wildPlanReport } from '../../../support/wild-plans.ts';

const NONE = changesOf([]);

describe('renderPlanComment', () => {
  test('reads well', () => {
    const app = fixtureChanges('change');
    app.drift.push(update('terraform_data.seen', { input: 'a' }, { input: 'b' }));
    const report: PlanReport = planReport({
      policyChanges: ['`environments.prod.approval.required`: true becomes false'],
      projects: [
        planned('network', fixtureChanges('create'), { reused: true }),
        planned('app', app, { upstream: ['network'] }),
        {
          name: 'data',
          dir: 'data',
          status: 'waits',
          waitsFor: 'network',
          error: 'Error: no value yet',
          logUrl: 'https://cairn.example/j/3',
        },
        {
          name: 'dns',
          dir: 'dns',
          status: 'failed',
          error: 'Error: Unsupported argument\n\n  on main.tf line 3:\n',
          logUrl: 'https://cairn.example/j/4',
        },
        planned('legacy', NONE, { status: 'empty' }),
      ],
      removed: ['old/thing'],
    });

    expect(renderPlanComment(report)).toMatchSnapshot();
  });

  test('keeps the invariants for any report', () => {
    fc.assert(
      fc.property(wildPlanReport, (report) => {
        const markdown = renderPlanComment(report);

        expect(markdownFaults(markdown, COMMENT_LIMIT)).toEqual([]);
        expect(markdown.startsWith(`<!-- cairn:plan:${report.environment} -->\n`)).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  test('shows every one of 300 projects, and links what does not fit', () => {
    const big = changesOf(
      Array.from({ length: 40 }, (_, i) =>
        update(`aws_instance.web[${i}]`, { ami: `ami-${i}`, size: 'a' }, { ami: `ami-${i + 1}`, size: 'b' }),
      ),
    );
    const projects = Array.from({ length: 300 }, (_, i) => planned(`environments/prod/service-${i}`, big));

    const markdown = renderPlanComment(planReport({ projects }));

    expect(markdown.length).toBeLessThanOrEqual(COMMENT_LIMIT);
    expect(markdown).toContain('12000 to change in 300 projects');
    for (const { name } of projects) expect(markdown).toContain(`| \`${name}\` |`);
    expect(markdown).toMatch(/\d+ more projects with details that do not fit here: \[the run\]/);
    expect(markdownFaults(markdown, COMMENT_LIMIT)).toEqual([]);
  });

  test('fits whatever the names', () => {
    const projects = Array.from({ length: 1000 }, (_, i) =>
      planned(`${'x`|@a'.repeat(60)}${i}`, changesOf([resource('a.x', ['delete'])])),
    );

    const markdown = renderPlanComment(planReport({ projects, removed: projects.map((p) => p.name) }));

    expect(markdownFaults(markdown, COMMENT_LIMIT)).toEqual([]);
    expect(markdown).toMatch(/… and \d+ more projects: \[the run\]/);
  });

  test('fits whatever people and programs say', () => {
    const long = '&'.repeat(5000);
    const lines = Array.from({ length: 200 }, () => long);
    const some = Array.from({ length: 400 }, (_, i) => ({
      ...planned(`${long}${i}`, changesOf([resource(`a.${long}${i}`, ['delete'])]), { violations: [long] }),
      error: long,
    }));

    const markdown = renderPlanComment(
      planReport({
        state: 'failed',
        message: lines.join('\n'),
        policyChanges: lines,
        removed: lines,
        projects: some,
      }),
    );

    expect(markdownFaults(markdown, COMMENT_LIMIT)).toEqual([]);
    expect(markdown).toContain('| add | change | destroy |');
    expect(markdown).toContain('**Risks**');
    expect(markdown).toMatch(/more projects with details that do not fit here/);
  });

  test('cuts the largest diff first, by whole lines, and says how much is missing', () => {
    const large = changesOf(
      Array.from({ length: 2000 }, (_, i) => update(`aws_instance.web[${i}]`, { n: i }, { n: -i - 1 })),
    );
    const small = fixtureChanges('change');

    const markdown = renderPlanComment(
      planReport({ projects: [planned('large', large), planned('small', small)] }),
    );

    expect(markdown.length).toBeLessThanOrEqual(COMMENT_LIMIT);
    expect(markdown.length).toBeGreaterThan(COMMENT_LIMIT - 1500);
    const [cut] =
      markdown.match(/… (\d+) more lines: \[full plan\]\(https:\/\/cairn\.example\/j\/large\)/) ?? [];
    const more = Number(/\d+/.exec(cut ?? '')?.[0]);
    const { inside } = withoutFences(markdown);
    const ofLarge = inside.findIndex((line) => line.includes('terraform_data'));
    // Five lines an object: header, block, attribute, brace and the blank line between two.
    expect(ofLarge + more).toBe(2000 * 5 - 1);
    expect(markdown).toContain('terraform_data.new');
  });

  test('is one line for a pull request that touches nothing', () => {
    const markdown = renderPlanComment(planReport({ projects: [] }));

    expect(markdown).toContain('### Plan for prod: no project affected');
    expect(markdown.split('\n').filter((line) => line !== '')).toHaveLength(3);
  });

  test('shows a violated guard and a run that failed as a whole', () => {
    const blocked = planned('app', changesOf([resource('a.x', ['delete'])]), {
      violations: ['a.x would be destroyed, and `a.*` forbids that.'],
    });

    const guarded = renderPlanComment(planReport({ projects: [blocked] }));
    const failed = renderPlanComment(
      planReport({ state: 'failed', projects: [], message: 'cairn.yaml:3: unknown key @team' }),
    );

    expect(guarded).toContain('> **A guard stops this from being deployed.**');
    expect(guarded).toContain('stopped by a guard');
    expect(failed).toContain('### Plan for prod: failed');
    expect(failed).toContain('> cairn.yaml:3: unknown key @\u200bteam');
  });

  test('tells how far a running one is', () => {
    const pending: ReportedProject = {
      name: 'b',
      dir: 'b',
      status: 'running',
      logUrl: 'https://cairn.example/j/b',
    };
    const projects = [planned('a', fixtureChanges('create')), pending];

    const markdown = renderPlanComment(planReport({ state: 'running', projects }));

    expect(markdown).toContain('### Plan for prod: planning, 1 of 2 projects done');
    expect(markdown).toContain('| `b` |  |  |  | planning … |');
  });

  test('a comment on 2,000 objects takes no time to speak of', () => {
    const changes = changesOf(
      Array.from({ length: 2000 }, (_, i) =>
        resource(`a.x[${i}]`, ['create'], { after: { input: `${i}` }, after_unknown: { id: true } }),
      ),
    );
    const report = planReport({ projects: [{ ...planned('big', changes), summary: summarize(changes) }] });
    renderPlanComment(report);
    const started = performance.now();

    renderPlanComment(report);

    expect(performance.now() - started).toBeLessThan(3000);
  });
});
