import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type RevertText, renderRevertPull } from '../../../../core/reports/github/revert.ts';
import { COMMENT_LIMIT } from '../../../../core/reports/split.ts';
import { markdownFaults } from '../../../support/markdown-check.ts';
import { nasty } from '../../../support/wild-plans.ts';

const revert: RevertText = {
  environment: 'prod',
  failedCommit: '3f2a91c'.padEnd(40, '0'),
  goodCommit: '9d8e7f6'.padEnd(40, '0'),
  failure: { project: 'app', stage: 'apply', message: 'Error: port in use' },
  logTail: 'terraform_data.server: Creating...\n```\nError: port in use\n',
  restored: ['network', 'app'],
  files: ['app/main.tf', 'modules/service/main.tf'],
  left: ['app/variables.tf'],
  runUrl: 'https://cairn.example/runs/12',
  runNumber: 12,
};

describe('renderRevertPull', () => {
  test('names what failed, what was restored, what is left and what to do', () => {
    const { title, body } = renderRevertPull(revert);

    expect(title).toBe('Revert prod to 9d8e7f6: app failed');
    expect(body).toMatchSnapshot();
  });

  test('tells a rollback that somebody asked for from a failure', () => {
    const { title, body } = renderRevertPull({ ...revert, failure: null, logTail: '', left: [] });

    expect(title).toBe('Revert prod to 9d8e7f6');
    expect(body).toContain('took prod back from `3f2a91c` to `9d8e7f6`, as asked');
    expect(body).not.toContain('Left as they are');
  });

  test('keeps the invariants for any failure', () => {
    const names = fc.array(nasty, { maxLength: 80 });
    fc.assert(
      fc.property(nasty, nasty, names, names, names, (project, message, log, restored, left) => {
        const failure = { project, stage: 'apply', message };

        const { title, body } = renderRevertPull({
          ...revert,
          failure,
          logTail: log.join('\n'),
          restored,
          left,
        });

        expect(markdownFaults(body, COMMENT_LIMIT)).toEqual([]);
        expect(title.length).toBeLessThanOrEqual(256);
        expect(title).not.toMatch(/[\r\n]/);
      }),
    );
  });
});
