import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { slackMessage } from '../../../../core/reports/slack/message.ts';
import { changesOf, fixtureChanges, resource } from '../../../support/plans.ts';
import { deployReport, planned, planReport } from '../../../support/reports.ts';
import { nasty, wildPlanReport } from '../../../support/wild-plans.ts';

interface Block {
  type: string;
  text?: { type: string; text: string };
  elements?: { type: string; text: string }[];
}

function textsOf(message: { blocks: unknown[] }): string[] {
  return (message.blocks as Block[])
    .flatMap(({ text, elements }) => [text, ...(elements ?? [])])
    .flatMap((t) => (t ? [t.text] : []));
}

/** What Slack would refuse, or what would call people. */
function faults(message: { text: string; blocks: unknown[] }): string[] {
  const found: string[] = [];
  if (message.blocks.length > 50) found.push('too many blocks');
  for (const block of message.blocks as Block[]) {
    const limit = block.type === 'header' ? 150 : 3000;
    for (const { type, text } of [block.text, ...(block.elements ?? [])].filter((t) => t !== undefined)) {
      if (text.length === 0 || text.length > limit) found.push(`${block.type} of ${text.length} characters`);
      if (Buffer.from(text).toString() !== text) found.push('not valid UTF-8');
      if (type === 'mrkdwn' && /<(?!https:\/\/)/.test(text)) found.push(`markup of somebody else: ${text}`);
    }
  }
  if (/<|@\w/.test(message.text)) found.push(`a call in the text: ${message.text}`);
  return found;
}

const projects = [planned('network', fixtureChanges('create')), planned('app', fixtureChanges('change'))];
const approval = {
  digest: 'abcdef1'.padEnd(64, '0'),
  until: '2026-11-22T06:24:00.000Z',
  approvers: ['alice'],
};

describe('slackMessage', () => {
  test('tells of a plan', () => {
    const message = slackMessage(planReport({ projects }));

    expect(faults(message)).toEqual([]);
    expect(textsOf(message)).toMatchSnapshot();
  });

  test('tells how to approve, and where', () => {
    const message = slackMessage(deployReport({ state: 'waiting', approval, projects }));

    const all = textsOf(message).join('\n');
    expect(faults(message)).toEqual([]);
    expect(all).toContain(
      'Approve in <https://forge.example/acme/infra/pull/7|#7> with `/cairn approve prod abcdef1`',
    );
    expect(all).toContain('By `alice`, until 2026-11-22 06:24 UTC.');
    expect(all).toContain('`terraform_data.c[0]'.replace('`', ''));
  });

  test('tells what failed, with the end of its log, and that it was rolled back', () => {
    const failure = {
      project: 'app',
      stage: 'apply',
      message: 'Error: <x>',
      logTail: `${'noise\n'.repeat(500)}Error: <!channel> & \`\`\``,
      logUrl: 'https://cairn.example/j/app',
    };
    const rollback = { commit: '9d8e7f6'.padEnd(40, '0'), restored: ['app'], leftOver: [] };
    const revert = { url: 'https://forge.example/acme/infra/pull/8', number: 8 };

    const message = slackMessage(deployReport({ state: 'rolled-back', failure, rollback, revert, projects }));

    const all = textsOf(message).join('\n');
    expect(faults(message)).toEqual([]);
    expect(all).toContain("Error: &lt;!channel&gt; &amp; '''");
    expect(all).toContain('Taken back to `9d8e7f6`: `app`.');
    expect(all).toContain('<https://forge.example/acme/infra/pull/8|the revert, #8>');
  });

  test('links what does not fit a section', () => {
    const many = Array.from({ length: 300 }, (_, i) =>
      planned(`environments/prod/service-${i}`, changesOf([resource('a.x', ['delete'])])),
    );

    const message = slackMessage(planReport({ projects: many }));

    expect(faults(message)).toEqual([]);
    expect(textsOf(message).join('\n')).toMatch(
      /… and \d+ more: <https:\/\/cairn\.example\/runs\/1\|the run>/,
    );
  });

  test('fits whatever people and programs say', () => {
    const long = '&<@U1>'.repeat(1000);
    const lines = Array.from({ length: 60 }, (_, i) => `${i}${long}`);
    const failure = {
      project: long,
      stage: 'apply',
      message: long,
      logTail: lines.join('\n'),
      logUrl: 'https://cairn.example/j',
    };
    const many = lines.map((name) => planned(name, changesOf([resource(`a.${name}`, ['delete'])])));
    const deploy = deployReport({
      state: 'waiting',
      message: long,
      approval: { ...approval, approvers: lines },
      pull: { number: 7, title: long, url: 'https://forge.example/acme/infra/pull/7' },
      rollback: { commit: 'b'.repeat(40), restored: lines, leftOver: lines },
      failure,
      differences: lines,
      projects: many,
      helps: long,
    });

    expect(faults(slackMessage(deploy))).toEqual([]);
    expect(faults(slackMessage({ ...deploy, state: 'rolled-back' }))).toEqual([]);
    expect(faults(slackMessage(planReport({ projects: many, message: long, policyChanges: lines })))).toEqual(
      [],
    );
  });

  test('keeps the limits, and calls nobody, whatever a plan holds', () => {
    fc.assert(
      fc.property(wildPlanReport, nasty, (report, text) => {
        const failure = {
          project: text,
          stage: 'apply',
          message: text,
          logTail: text.repeat(200),
          logUrl: 'https://cairn.example/j',
        };
        const deploy = deployReport({
          state: 'waiting',
          approval: { ...approval, approvers: [text] },
          failure,
          message: text,
          projects: report.projects,
          differences: [text],
        });

        expect(faults(slackMessage(report))).toEqual([]);
        expect(faults(slackMessage(deploy))).toEqual([]);
        expect(faults(slackMessage({ ...deploy, state: 'rolled-back' }))).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });
});
