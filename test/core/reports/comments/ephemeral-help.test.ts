import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { helpForEphemeral } from '../../../../core/reports/comments/ephemeral-help.ts';
import type { RunDocument } from '../../../../core/runs/document.ts';

function help(ref: string): string {
  const doc = {
    request: { command: 'ephemeral' },
    environment: 'eph-demo',
    pull: null,
    outcome: 'failed',
    ephemeral: { ref },
  };
  return helpForEphemeral(doc as unknown as RunDocument) ?? '';
}

test('a usual branch stands there as it is called', () => {
  expect(help('feature/a_b-1.2')).toBe('cairn env up --ref feature/a_b-1.2 --name eph-demo');
});

test.each(['$(id)', 'x;id', '`id`', "it's|id", 'a&b', '"', '#x', 'ünï'])(
  'whoever copies the line for the branch %s into a shell asks for that branch, and for nothing else',
  (ref) => {
    const line = help(ref).replace('cairn env up', "printf '%s\\n'");

    const words = execFileSync('sh', ['-c', line], { encoding: 'utf8' }).trimEnd().split('\n');

    expect(words).toEqual(['--ref', ref, '--name', 'eph-demo']);
  },
);
