import { describe, expect, it } from 'vitest';
import type { CommandReport } from '../../../../core/reports/command-report.ts';
import { renderCommandComment, renderCommandNote } from '../../../../core/reports/comments/command.ts';
import { cutOutput } from '../../../../core/terraform/cut-output.ts';
import { markdownFaults } from '../../../support/markdown-check.ts';

const REPORT: CommandReport = {
  environment: 'prod',
  runId: 'a'.repeat(20),
  runNumber: 7,
  runUrl: 'http://cairn.test/runs/a',
  outputUrl: 'http://cairn.test/runs/a/output.txt',
  command: 'terraform state list',
  project: 'app',
  commit: 'c'.repeat(40),
  state: 'ran',
  requestedBy: 'bob',
  approvedBy: null,
  approval: null,
  output: null,
  message: null,
};

const LIMIT = 65_536;

const told = (output: string, change: Partial<CommandReport> = {}): string =>
  renderCommandComment({ ...REPORT, output: cutOutput(output), ...change });

describe('what a command printed, as a comment', () => {
  it.each([
    ['a fence', 'a\n```\n@everyone <!-- cairn:run:x -->\n````\n# heading\n'],
    ['tildes and tags', '~~~\n</details><img src=x onerror=alert(1)>\n'],
    ['colours and a moving cursor', '\u001b[31mred\u001b[0m\u001b[2J\u001b]0;evil\u0007\rback'],
    [
      'bytes that are no text',
      new TextDecoder().decode(Uint8Array.from({ length: 512 }, (_, at) => at % 256)),
    ],
    ['writing turned round', 'abc\u202egnp.exe\u2066\u200b'],
    ['half a character', 'x\ud83d'],
    ['a wall of backticks', '`'.repeat(30_000)],
    ['a million lines', 'aws_x.y["a"]\n'.repeat(1_000_000)],
    ['one line of a megabyte', '\u0001'.repeat(1_000_000)],
  ])('%s stays within its fence, and within the limit', (_what, output) => {
    const comment = told(output);

    expect(comment.length).toBeLessThan(LIMIT);
    expect(markdownFaults(comment, LIMIT)).toEqual([]);
    expect(comment).not.toContain('\u001b');
    expect(comment.startsWith(`<!-- cairn:run:${'a'.repeat(20)} -->\n`)).toBe(true);
  });

  it('that is long is cut in whole lines, with a link to all of it', () => {
    const lines = Array.from({ length: 5_000 }, (_, at) => `resource_${at}`);

    const comment = told(`${lines.join('\n')}\n`);

    expect(comment).toContain('\nresource_0\n');
    expect(comment).toContain('\nresource_4999\n');
    expect(comment).toMatch(/\n… \d+ characters are not shown …\n/);
    expect(comment).toContain('[the whole output](http://cairn.test/runs/a/output.txt)');
    const shown = comment.split('\n').filter((line) => line.startsWith('resource_'));
    expect(shown.every((line) => lines.includes(line))).toBe(true);
  });

  it('that is short is shown as it is, without a link', () => {
    const comment = told('terraform_data.it\n');

    expect(comment).toContain('```text\nterraform_data.it\n```');
    expect(comment).not.toContain('whole output');
  });

  it('a command and an error of somebody else mark nothing up', () => {
    const command = "terraform import a.b '`@alice` <b> #12 | [x](y)'";
    const message = 'no `access` for @alice, see #12 <script>';

    const comment = told('', { command, message, state: 'refused' });
    const note = renderCommandNote(REPORT, message);

    expect(markdownFaults(comment, LIMIT)).toEqual([]);
    expect(comment).not.toMatch(/^[^`]*@alice/m);
    expect(note).not.toMatch(/@alice|<script>|#12/);
  });

  it('a question shows the whole of a long command, whatever is in it', () => {
    const command = `terraform import a.b '${'\u202e```'.repeat(1400)}last'`;
    const approval = { digest: 'd'.repeat(64), until: '2026-01-02T00:00:00.000Z', approvers: ['alice'] };

    const comment = told('', { command, state: 'waiting', approval, output: null });

    expect(comment).toContain("last'\n");
    expect(comment).toContain('/cairn approve prod ddddddd');
    expect(comment.length).toBeLessThan(LIMIT);
    expect(markdownFaults(comment, LIMIT)).toEqual([]);
  });
});
