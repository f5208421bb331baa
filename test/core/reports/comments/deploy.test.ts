import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deployTitle, renderDeployComment } from '../../../../core/reports/comments/deploy.ts';
import type { DeployReport, DeployState } from '../../../../core/reports/deploy-report.ts';
import { COMMENT_LIMIT } from '../../../../core/reports/split.ts';
import { markdownFaults } from '../../../support/markdown-check.ts';
import { fixtureChanges } from '../../../support/plans.ts';
import { deployReport, planned } from '../../../support/reports.ts';
import { nasty, wildProject } from '../../../support/wild-plans.ts';

const projects = [planned('network', fixtureChanges('create')), planned('app', fixtureChanges('change'))];
const approval = {
  digest: 'abcdef1'.padEnd(64, '0'),
  until: '2026-11-22T06:24:00.000Z',
  approvers: ['alice', 'acme/ops'],
};

const FAILED: Partial<DeployReport> = {
  projects: [
    planned('network', fixtureChanges('create'), { status: 'restored' }),
    planned('app', fixtureChanges('change'), { status: 'apply-failed', error: 'Error: port in use' }),
  ],
  failure: {
    project: 'app',
    stage: 'apply',
    message: 'Error: port in use',
    logTail: 'terraform_data.a: Creating...\n\nError: port in use\n',
    logUrl: 'https://cairn.example/j/app',
  },
  rollback: { commit: '9d8e7f6'.padEnd(40, '0'), restored: ['network', 'app'], leftOver: ['extra'] },
  revert: { url: 'https://forge.example/acme/infra/pull/8', number: 8 },
};

const STATES: DeployState[] = [
  'planning',
  'waiting',
  'applying',
  'verifying',
  'deployed',
  'nothing',
  'failed',
  'rejected',
  'expired',
  'superseded',
  'rolling-back',
  'rolled-back',
  'broken',
  'frozen',
  'refused',
];

describe('renderDeployComment', () => {
  test('shows how to approve', () => {
    const markdown = renderDeployComment(deployReport({ state: 'waiting', approval, projects }));

    expect(markdown.slice(0, markdown.indexOf('<details>'))).toMatchSnapshot();
  });

  test('shows what failed and what was done about it', () => {
    const markdown = renderDeployComment(deployReport({ ...FAILED, state: 'rolled-back' }));

    expect(markdown.slice(0, markdown.indexOf('<details>'))).toMatchSnapshot();
  });

  test('asks again with the difference', () => {
    const differences = ['app: terraform_data.x will be destroyed; the approved plan did not touch it.'];

    const markdown = renderDeployComment(deployReport({ state: 'waiting', approval, projects, differences }));

    expect(markdown).toContain('**The plan is not the one that was approved**');
    expect(markdown).toContain('app: terraform\\_data.x will be destroyed');
    expect(markdown).toContain('`/cairn approve prod abcdef1`');
  });

  test('asks nobody once it was answered', () => {
    const markdown = renderDeployComment(
      deployReport({ state: 'applying', approval: { ...approval, by: 'alice' }, projects }),
    );

    expect(markdown).not.toContain('/cairn approve');
    expect(markdown).toContain('approved by `alice`');
  });

  test('says who rejected it and why', () => {
    const markdown = renderDeployComment(
      deployReport({
        state: 'rejected',
        approval: { ...approval, by: 'bob', reason: 'not on a Friday, @alice' },
      }),
    );

    expect(markdown).toContain('Rejected by `bob`: not on a Friday, @\u200balice');
  });

  test('names the reason and the command that helps when it is broken', () => {
    const markdown = renderDeployComment(
      deployReport({
        state: 'broken',
        message: 'its configuration says `rollback: manual`',
        helps: '/cairn rollback prod',
      }),
    );

    expect(markdown).toContain('> its configuration says `rollback: manual`');
    expect(markdown).toContain('To go on: `/cairn rollback prod`');
  });

  test('shows each failure once', () => {
    const markdown = renderDeployComment(deployReport({ ...FAILED, state: 'failed' }));

    expect(markdown.match(/Error: port in use/g)).toHaveLength(1);
  });

  test.each(STATES)('has a headline of its own for %s', (state) => {
    const others = STATES.filter((other) => other !== state).map((other) =>
      deployTitle(deployReport({ state: other })),
    );

    expect(others).not.toContain(deployTitle(deployReport({ state })));
  });

  test('fits whatever people and programs say', () => {
    const long = '&\u0001'.repeat(1000);
    const lines = Array.from({ length: 60 }, (_, i) => `${i}${long}`);
    const failure = {
      project: long,
      stage: 'apply',
      message: long,
      logTail: lines.join('\n'),
      logUrl: 'https://cairn.example/j',
    };
    const many = lines.map((name) => planned(name, fixtureChanges('change'), { violations: [long] }));
    const more = {
      message: lines.join('\n'),
      policyChanges: lines,
      removed: lines,
      projects: many,
      failure,
      differences: lines,
    };
    const rollback = { commit: 'b'.repeat(40), restored: lines, leftOver: lines };

    for (const state of STATES) {
      const answered = { ...approval, approvers: lines, by: 'bob', reason: long };
      const markdown = renderDeployComment(deployReport({ ...more, state, rollback, approval: answered }));

      expect(markdownFaults(markdown, COMMENT_LIMIT)).toEqual([]);
      expect(markdown).toContain('| add | change | destroy |');
    }
  });

  test('keeps the invariants for any report', () => {
    const wild = fc.record({
      state: fc.constantFrom(...STATES),
      message: nasty,
      projects: fc.array(wildProject, { maxLength: 4 }),
      removed: fc.array(nasty, { maxLength: 2 }),
      differences: fc.array(nasty, { maxLength: 3 }),
      approval: fc.record({
        digest: fc.constant('a'.repeat(64)),
        until: fc.constant('2026-11-22T06:24:00Z'),
        approvers: fc.array(nasty, { maxLength: 2 }),
        by: nasty,
        reason: nasty,
      }),
      failure: fc.record({
        project: nasty,
        stage: fc.constant('apply'),
        message: nasty,
        logTail: fc.array(nasty, { maxLength: 80 }).map((l) => l.join('\n')),
        logUrl: fc.constant('https://cairn.example/j'),
      }),
      rollback: fc.record({
        commit: fc.constant('b'.repeat(40)),
        restored: fc.array(nasty),
        leftOver: fc.array(nasty),
      }),
      helps: nasty,
    });
    fc.assert(
      fc.property(wild, (more) => {
        const markdown = renderDeployComment(deployReport(more));

        expect(markdownFaults(markdown, COMMENT_LIMIT)).toEqual([]);
        expect(markdown.startsWith('<!-- cairn:deploy:prod:r1 -->\n')).toBe(true);
      }),
      { numRuns: 150 },
    );
  });
});
