import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidInput, NotAllowed } from '../../../core/errors.ts';
import { parseCommands } from '../../../core/requests/command.ts';
import { LONGEST_COMMAND } from '../../../core/requests/request.ts';
import { COMMANDS } from '../../../core/terraform/allowlist.ts';
import { checkCommand, inWords } from '../../../core/terraform/check-command.ts';
import { splitWords } from '../../../core/terraform/split-words.ts';

/** What a comment comes to: terraform's arguments, or why there are none. */
function fromComment(comment: string): string[] | string {
  const parsed = parseCommands(comment);
  if ('problem' in parsed) return parsed.problem;
  const [command] = parsed.commands;
  if (command?.command !== 'run') return 'no command';
  try {
    return checkCommand(command.args, COMMANDS).args;
  } catch (error) {
    expect(error instanceof InvalidInput || error instanceof NotAllowed).toBe(true);
    return (error as Error).message;
  }
}

const run = (line: string): string[] | string => fromComment(`/cairn run -p app -- ${line}`);

describe('a comment', () => {
  it.each([
    ['state show aws_x.y["a b"]', ['state', 'show', 'aws_x.y["a b"]']],
    [
      'state show \'module.m["k"].aws_x.y["a \\"b\\""]\'',
      ['state', 'show', 'module.m["k"].aws_x.y["a \\"b\\""]'],
    ],
    ['output url --json', ['output', '-json', 'url']],
    ['output\u00a0-raw\u2003url', ['output', '-raw', 'url']],
    ['apply -replace=\'aws_x.y["a"]\'', ['apply', '-replace=aws_x.y["a"]']],
    ['import aws_x.y @/etc/passwd', ['import', 'aws_x.y', '@/etc/passwd']],
    ['import aws_x.y "$(id); rm -rf *"', ['import', 'aws_x.y', '$(id); rm -rf *']],
  ])('%s', (line, args) => {
    expect(run(line)).toEqual(args);
  });

  it.each([
    ['-chdir=/ output', /does not run/],
    ['-- output', /does not run/],
    ['output -- -json', /not run with `--`/],
    ['output -', /not run with `-`/],
    ['output --', /not run with `--`/],
    ['output ---json', /not run with/],
    ['output -JSON', /not run with/],
    ['output -json=true', /takes no value/],
    ['state list -id x', /written with its value/],
    ['state list -state /etc/passwd', /not run with/],
    ['"state list"', /`state list` came as one word/],
    ['state rm -backup=- a.b', /not run with/],
    ['import -var x=y a.b c', /not run with/],
    ['import a.b ""', /is not the id/],
    ['apply -replace a.b', /written with its value/],
    ['apply -replace=a.b -target=c.d', /not run with/],
    ['apply -replace=a.b -auto-approve', /not run with/],
    ['show -no-color -json', /would print them/],
    ['output \u2013json', /begins with a dash that terraform does not know/],
    ['state show aws_x.y[\u201ca\u201d]', /Quotes are straight/],
    ["state show 'a.b", /never closed/],
    [`state rm ${'a.b'.repeat(700)}`, /longer than 2000/],
    [`state rm ${`${'a'.repeat(1500)}.b `.repeat(5)}`, new RegExp(`at most ${LONGEST_COMMAND}`)],
    [`state rm ${'a.b '.repeat(60)}`, /at most 50 words/],
  ])('with %s is told why not', (line, why) => {
    expect(run(line)).toMatch(why);
  });

  it('whose two dashes became a long one is told so', () => {
    expect(fromComment('/cairn run -p app \u2014 state list')).toMatch(/two short dashes/);
  });

  it('is read to the end of its line, not further', () => {
    expect(run('state list\n-state=/etc/passwd')).toEqual(['state', 'list']);
    expect(run("import a.b 'x\n-state=y'")).toMatch(/never closed/);
  });
});

it('whatever a comment says, what it comes to reads back as the same command, and holds no flag but the listed', () => {
  const piece = fc.oneof(
    fc.constantFrom(...COMMANDS, ...COMMANDS.map((name) => `${name} `)),
    fc.constantFrom(
      ' ',
      '\t',
      '\u00a0',
      '\u2028',
      '\r',
      '\n',
      '--',
      ' -- ',
      '-',
      '\u2014',
      '=',
      '"',
      "'",
      '\\',
      '`',
      '```',
    ),
    fc.constantFrom(
      '-json',
      '-chdir=/',
      '-state=',
      '-lock=false',
      '-var',
      '@file',
      'a.b',
      'x["a b"]',
      'url',
      '$(id)',
    ),
    fc.string({ unit: 'binary', maxLength: 6 }),
  );
  const KNOWN = /^-(json|raw|dry-run|allow-missing|force|draw-cycles|type=[a-z-]+|id=[^-].*|replace=[^-].*)$/;

  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const args = run(pieces.join(''));

      if (typeof args === 'string') return;
      expect(args.filter((arg) => arg.startsWith('-')).every((arg) => KNOWN.test(arg))).toBe(true);
      expect(args.some((arg) => /\p{Cc}/u.test(arg))).toBe(false);
      expect(splitWords(inWords(args).slice('terraform '.length))).toEqual(args);
    }),
    { numRuns: 2000 },
  );
});
