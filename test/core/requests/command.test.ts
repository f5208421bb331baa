import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCommands, USAGE } from '../../../core/requests/command.ts';

const SHA = '3f2a91c0'.repeat(5);

describe('what is understood', () => {
  test.each([
    ['/cairn plan', { command: 'plan' }],
    [
      `/cairn plan -p net/work -e prod ${SHA}`,
      { command: 'plan', project: 'net/work', environment: 'prod', commit: SHA },
    ],
    [`/cairn plan ${SHA.toUpperCase()} --project app`, { command: 'plan', project: 'app', commit: SHA }],
    ['/cairn deploy prod', { command: 'deploy', environment: 'prod', retry: false }],
    [
      `/cairn deploy prod ${SHA} --retry`,
      { command: 'deploy', environment: 'prod', commit: SHA, retry: true },
    ],
    ['/cairn deploy prod --retry', { command: 'deploy', environment: 'prod', retry: true }],
    ['/cairn approve prod 3F2A91C', { command: 'approve', environment: 'prod', digest: '3f2a91c' }],
    ['/cairn reject prod', { command: 'reject', environment: 'prod' }],
    [
      '/cairn reject prod not  today, sorry',
      { command: 'reject', environment: 'prod', reason: 'not today, sorry' },
    ],
    ['/cairn rollback prod', { command: 'rollback', environment: 'prod' }],
    [`/cairn rollback prod ${SHA}`, { command: 'rollback', environment: 'prod', commit: SHA }],
    ['/cairn help', { command: 'help' }],
    ['/cairn', { command: 'help' }],
    ['  \r\nPlease:\r\n/cairn plan  \r\nThank you', { command: 'plan' }],
  ])('%j', (text, command) => {
    expect(parseCommands(text)).toEqual({ commands: [command] });
  });
});

describe('what is not understood is said, with the usage', () => {
  test.each([
    ['/cairn destroy prod', '`destroy`'],
    ['/cairn deploy', 'missing'],
    ['/cairn deploy Prod!', '`Prod!`'],
    ['/cairn deploy prod 3f2a91c', 'all 40 digits'],
    ['/cairn deploy prod main', '`main` is not a commit'],
    [`/cairn deploy prod ${SHA} ${SHA}`, 'does not know'],
    [`/cairn rollback prod ${SHA} --retry`, '`--retry`'],
    ['/cairn deploy prod --force', '`--force`'],
    ['/cairn plan -p', '`-p` needs'],
    ['/cairn plan -p -e prod', '`-p` needs'],
    ['/cairn plan --output=x', '`--output=x`'],
    ['/cairn approve prod', 'needs the digest'],
    ['/cairn approve prod xyz', 'needs the digest'],
    ['/cairn approve prod 3f2a91c now', '`now`'],
    ['/cairn plan\n'.repeat(11), 'at most 10'],
    ['/cairn `rm -rf /` @acme/owners', '`?rm`'],
  ])('%j', (text, part) => {
    const answer = parseCommands(text);

    expect(answer).toEqual({ problem: expect.stringContaining(part) });
    expect(answer).toEqual({ problem: expect.stringContaining(USAGE) });
  });

  test('nothing of a comment counts if one line of it is wrong', () => {
    expect(parseCommands('/cairn deploy prod\n/cairn deplyo prod')).toHaveProperty('problem');
  });
});

describe('what is no command', () => {
  test.each([
    'plain words',
    'type /cairn plan',
    '> /cairn plan',
    ' /cairn plan',
    '    /cairn plan',
    '/cairnplan',
    '/Cairn plan',
    '`/cairn plan`',
    '```\n/cairn plan\n```',
    '~~~sh\n/cairn plan\n~~~\n',
    '````\n```\n/cairn plan\n````',
    '```\n/cairn plan',
    '```\n/cairn plan\n``` not the end\n/cairn plan',
  ])('%j', (text) => {
    expect(parseCommands(text)).toEqual({ commands: [] });
  });

  test('but after a fence it is one again, and code in a line opens none', () => {
    expect(parseCommands('```\nx\n```\n/cairn plan')).toEqual({ commands: [{ command: 'plan' }] });
    expect(parseCommands('```x``` is code\n/cairn plan')).toEqual({ commands: [{ command: 'plan' }] });
  });
});

test('no text breaks it, and whatever it answers holds nothing but names, digits and a reason', () => {
  const word = fc.oneof(
    fc.constantFrom(
      '/cairn',
      'plan',
      'deploy',
      'approve',
      'reject',
      'rollback',
      '-p',
      '-e',
      '--retry',
      'prod',
      SHA,
      '\n',
      '```',
    ),
    fc.constantFrom(
      '$(id)',
      '`id`',
      '; rm -rf /',
      '&&',
      '|',
      '../..',
      '--upload-pack=x',
      '\u202e',
      '\0',
      '💥',
      '@team',
    ),
    fc.string({ unit: 'binary' }),
  );

  fc.assert(
    fc.property(fc.array(word, { maxLength: 12 }), (words) => {
      const answer = parseCommands(`/cairn ${words.join(' ')}`);

      if ('problem' in answer) {
        // Outside of code spans the answer repeats nothing that was written.
        expect(answer.problem.split('\n\n')[0]?.replace(/`[^`]*`/g, '')).toMatch(/^[\w /,.:;()'-]*$/);
        return;
      }
      for (const command of answer.commands) {
        if ('environment' in command) expect(command.environment ?? 'x').toMatch(/^[a-z0-9][a-z0-9._-]*$/);
        if ('commit' in command) expect(command.commit ?? SHA).toMatch(/^[0-9a-f]{40}$/);
        if (command.command === 'plan') expect(command.project ?? 'x').not.toMatch(/^-|\s/);
        if (command.command === 'reject') expect((command.reason ?? '').length).toBeLessThanOrEqual(500);
      }
    }),
    { numRuns: 150 },
  );
});

test('a long comment is read in no time', () => {
  const text = `${'` ~ /cairn x '.repeat(5000)}\n`.repeat(2);
  const started = performance.now();

  parseCommands(text);

  expect(performance.now() - started).toBeLessThan(500);
});
