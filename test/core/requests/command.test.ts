import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Command, parseCommands, USAGE } from '../../../core/requests/command.ts';

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

describe('an ephemeral environment of the pull request', () => {
  test.each([
    ['/cairn up', { command: 'up' }],
    ['/cairn up ttl=8h', { command: 'up', ttl: '8h' }],
    ['/cairn up --ttl 8h --name demo', { command: 'up', ttl: '8h', name: 'demo' }],
    ['/cairn up --ttl=8h name=Demo/1', { command: 'up', ttl: '8h', name: 'Demo/1' }],
    [
      '/cairn up -p network -p app --project=web project=db',
      { command: 'up', projects: ['network', 'app', 'web', 'db'] },
    ],
    ['/cairn extend 4h', { command: 'extend', ttl: '4h' }],
    ['/cairn extend demo 90m', { command: 'extend', name: 'demo', ttl: '90m' }],
    ['/cairn end --at never', { command: 'end', at: 'never' }],
    ['/cairn end demo --at 2026-12-01T18:00Z', { command: 'end', name: 'demo', at: '2026-12-01T18:00Z' }],
    [
      '/cairn end --at=2026-12-01T18:00+01:00 demo',
      { command: 'end', name: 'demo', at: '2026-12-01T18:00+01:00' },
    ],
    ['/cairn down', { command: 'down' }],
    ['/cairn down eph-demo', { command: 'down', name: 'eph-demo' }],
  ])('%j', (text, command) => {
    expect(parseCommands(text)).toEqual({ commands: [command] });
  });
});

describe('what stands', () => {
  test.each([
    ['/cairn run -p app -- state list', { command: 'run', project: 'app', args: ['state', 'list'] }],
    [
      `/cairn run --environment prod -p net/work -- state show 'aws_subnet.a["x y"]'`,
      {
        command: 'run',
        project: 'net/work',
        environment: 'prod',
        args: ['state', 'show', 'aws_subnet.a["x y"]'],
      },
    ],
    [
      '/cairn run -p app -- output -raw url -- more',
      { command: 'run', project: 'app', args: ['output', '-raw', 'url', '--', 'more'] },
    ],
    ['/cairn drift', { command: 'drift' }],
    ['/cairn drift prod', { command: 'drift', environment: 'prod' }],
    [
      '/cairn freeze prod  sale of the year: until=Monday',
      { command: 'freeze', environment: 'prod', reason: 'sale of the year: until=Monday' },
    ],
    [
      '/cairn freeze prod --until 2026-12-01T18:00Z the sale',
      { command: 'freeze', environment: 'prod', reason: 'the sale', until: '2026-12-01T18:00Z' },
    ],
    ['/cairn unfreeze prod', { command: 'unfreeze', environment: 'prod' }],
    ['/cairn destroy prod prod', { command: 'destroy', environment: 'prod', confirm: 'prod' }],
    [
      '/cairn deploy prod --despite-freeze --retry',
      { command: 'deploy', environment: 'prod', retry: true, despiteFreeze: true },
    ],
    [
      `/cairn rollback prod --despite-freeze ${SHA}`,
      { command: 'rollback', environment: 'prod', commit: SHA, despiteFreeze: true },
    ],
  ])('%j', (text, command) => {
    expect(parseCommands(text)).toEqual({ commands: [command] });
  });
});

describe('what is not understood is said, with how that command is written', () => {
  test.each([
    ['/cairn deploy', 'missing'],
    ['/cairn deploy Prod!', '`Prod!`'],
    ['/cairn deploy prod 3f2a91c', 'all 40 digits'],
    ['/cairn deploy prod main', '`main` is not a commit'],
    [`/cairn deploy prod ${SHA} ${SHA}`, 'does not know'],
    [`/cairn rollback prod ${SHA} --retry`, '`--retry`'],
    ['/cairn deploy prod --force', '`--force`'],
    ['/cairn deploy prod --retry=yes', 'takes no value'],
    ['/cairn deploy prod --retry --retry', 'again'],
    ['/cairn plan -p', '`-p` needs'],
    ['/cairn plan -p -e prod', '`-p` needs'],
    ['/cairn plan -p a -p b', 'again'],
    ['/cairn plan --output=x', '`--output=x`'],
    [`/cairn plan ${SHA} now`, '`now`'],
    ['/cairn approve prod', 'needs the digest'],
    ['/cairn approve prod xyz', 'needs the digest'],
    ['/cairn approve prod 3f2a91c now', '`now`'],
    ['/cairn up 8h', '`8h`'],
    ['/cairn up ttl=', 'needs a value'],
    ['/cairn up ttl=8h --ttl 9h', 'again'],
    [`/cairn up name=${'x'.repeat(101)}`, 'longer than 100'],
    ['/cairn up -e prod', '`-e`'],
    [`/cairn up${' -p a'.repeat(201)}`, 'at most 200'],
    ['/cairn extend', 'missing'],
    ['/cairn extend demo', 'not `demo`'],
    ['/cairn extend demo 4h 5h', '`5h`'],
    ['/cairn extend -4h', '`-4h`'],
    ['/cairn end', 'missing'],
    ['/cairn end never', 'missing'],
    ['/cairn end --at', 'needs a value'],
    ['/cairn end a b --at never', '`b`'],
    ['/cairn down a b', '`b`'],
    ['/cairn down --all', '`--all`'],
    ['/cairn run -p app state list', 'behind `--`'],
    ['/cairn run -p app --', 'behind `--`'],
    ['/cairn run -- state list', '-p PROJECT'],
    ['/cairn run prod -p app -- state list', '`prod`'],
    ['/cairn run -p app -- state show "x', 'never closed'],
    [`/cairn run -p app -- ${'a '.repeat(51)}`, 'at most 50'],
    [`/cairn run -p app -- ${'a'.repeat(2001)}`, 'longer than 2000'],
    ['/cairn drift prod now', '`now`'],
    ['/cairn drift Prod!', '`Prod!`'],
    ['/cairn freeze', 'missing'],
    ['/cairn freeze prod', 'The reason is missing'],
    ['/cairn freeze prod --until 2026-12-01T18:00Z', 'The reason is missing'],
    ['/cairn freeze prod the sale --force', '`--force`'],
    ['/cairn unfreeze', 'missing'],
    ['/cairn unfreeze prod now', '`now`'],
    ['/cairn destroy prod', 'twice'],
    ['/cairn destroy prod prdo', '`prdo` is not `prod`'],
    ['/cairn destroy prod prod prod', 'does not know'],
  ])('%j', (text, part) => {
    const answer = parseCommands(text);

    const name = /^\/cairn (\w+)/.exec(text)?.[1];
    expect(answer).toEqual({ problem: expect.stringContaining(part) });
    expect(answer).toEqual({ problem: expect.stringContaining(`\n/cairn ${name} `) });
    expect(answer).toEqual({ problem: expect.stringContaining('/cairn help') });
  });

  test.each([
    ['/cairn deplyo prod', '`deplyo`'],
    ['/cairn constructor', '`constructor`'],
    ['/cairn plan\n'.repeat(11), 'at most 10'],
    ['/cairn `rm -rf /` @acme/owners', '`?rm`'],
  ])('%j, with all there is', (text, part) => {
    const answer = parseCommands(text);

    expect(answer).toEqual({ problem: expect.stringContaining(part) });
    expect(answer).toEqual({ problem: expect.stringContaining(USAGE) });
  });

  test('nothing of a comment counts if one line of it is wrong', () => {
    expect(parseCommands('/cairn deploy prod\n/cairn deplyo prod')).toHaveProperty('problem');
  });

  test('the usage names each command, and what it shows is understood', () => {
    const examples = USAGE.split('\n')
      .filter((line) => line.startsWith('/cairn '))
      .map((line) =>
        line
          .replaceAll('COMMIT', SHA)
          .replaceAll('DIGEST', '3f2a91c')
          .replaceAll('ENVIRONMENT', 'prod')
          .replace('...', '')
          .replace('|never', '')
          .replace(/[[\]]/g, ''),
      );

    const answers = examples.map((line) => parseCommands(line));

    expect(examples).toHaveLength(15);
    for (const answer of answers) expect(answer).toHaveProperty('commands.0');
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
      'up',
      'down',
      'extend',
      'end',
      'run',
      'drift',
      'freeze',
      'unfreeze',
      'destroy',
      '-p',
      '-e',
      '--',
      'ttl=8h',
      '--at',
      '--until',
      '--retry',
      '--despite-freeze',
      'prod',
      SHA,
      '\n',
      '```',
    ),
    fc.constantFrom(
      'valueOf',
      'constructor',
      '__proto__',
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
        if ('project' in command) expect(command.project ?? 'x').not.toMatch(/^-|\s/);
        for (const text of textsOf(command)) expect(text).not.toMatch(/^-|^$|[\r\n]/);
        if (command.command === 'run') expect(command.args.length).toBeGreaterThan(0);
        if (command.command === 'destroy') expect(command.confirm).toBe(command.environment);
        if (command.command === 'freeze') expect(command.reason.length).toBeLessThanOrEqual(500);
        if (command.command === 'reject') expect((command.reason ?? '').length).toBeLessThanOrEqual(500);
      }
    }),
    { numRuns: 400 },
  );
});

function textsOf(command: Command): string[] {
  const {
    name,
    ttl,
    at,
    until,
    projects = [],
  } = command as Record<string, string | undefined> & {
    projects?: string[];
  };
  return [name, ttl, at, until, ...projects].filter((text) => text !== undefined);
}

test('what a line says is what is read, however it is written', () => {
  const word = fc.stringMatching(/^[a-z][a-z0-9]{0,9}$/);
  const style = fc.constantFrom(
    (key: string, value: string) => `${key}=${value}`,
    (key: string, value: string) => `--${key}=${value}`,
    (key: string, value: string) => `--${key}  ${value}`,
  );

  fc.assert(
    fc.property(
      word,
      fc.nat(99),
      fc.array(word, { maxLength: 5 }),
      style,
      fc.boolean(),
      (name, hours, projects, write, first) => {
        const options = [write('name', name), write('ttl', `${hours}h`)];
        const all = projects.map((project) => write('project', project));
        const line = (first ? [...options, ...all] : [...all, ...options]).join(' ');

        expect(parseCommands(`/cairn up ${line}`)).toEqual({
          commands: [
            { command: 'up', name, ttl: `${hours}h`, ...(projects.length === 0 ? {} : { projects }) },
          ],
        });
      },
    ),
  );
});

test('a long comment is read in no time', () => {
  const text = `${'` ~ /cairn x '.repeat(5000)}\n`.repeat(2);
  const started = performance.now();

  parseCommands(text);

  expect(performance.now() - started).toBeLessThan(5000);
});
