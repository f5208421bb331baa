import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { COMMANDS, subcommandOf } from '../../core/terraform/allowlist.ts';

const SAID = { read: 'reads', write: 'writes', replace: 'becomes a deployment' };

test('docs/commands.md says what may be run with which flags', () => {
  const page = readFileSync(new URL('../../docs/commands.md', import.meta.url), 'utf8');
  const rows = page.split('\n').filter((line) => /^\| `/.test(line));

  const told = rows.map((row) => {
    const [name = '', flags = '', , kind = ''] = row.split('|').slice(1);
    return [named(name)[0], named(flags), kind.trim()];
  });

  expect(told).toEqual(
    COMMANDS.map((name) => {
      const row = subcommandOf(name.split(' '))?.row;
      return [name, Object.keys(row?.flags ?? {}), SAID[row?.kind ?? 'read']];
    }),
  );
});

/** What stands in backticks. */
function named(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
}
