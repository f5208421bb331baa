import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Program, program } from './program.ts';

let cairn: Program;

beforeAll(async () => {
  cairn = await program();
});

afterAll(() => cairn.close());

const TALKING = [
  'status',
  'runs',
  'show',
  'logs',
  'plan',
  'deploy',
  'approve',
  'reject',
  'rollback',
  'env up',
  'env list',
  'env extend',
  'env end',
  'env down',
  'run',
  'drift',
  'freeze',
  'unfreeze',
  'destroy',
];

it.each(TALKING)('cairn %s --help shows how, its own options before those of all', async (name) => {
  const { code, out } = await cairn.run([...name.split(' '), '--help']);

  const [, examples = ''] = out.split(/^Examples?:$/m);
  expect(code).toBe(0);
  expect(examples.trim().split('\n')[0]).toMatch(new RegExp(`^cairn ${name}( |$)`));
  expect(out.indexOf('Server and answer:')).toBeLessThan(out.indexOf('--server'));
  for (const own of out.matchAll(
    /^ +(?:-., )?(--(?:wait|no-wait|name|reason|reconcile|despite-freeze|limit)) /gm,
  )) {
    expect(own.index).toBeLessThan(out.indexOf('Server and answer:'));
  }
  expect(out).toContain('--json');
  // Nothing of its own stands behind what all have.
  expect(out.split('Server and answer:')[1]).not.toMatch(/^Options:$/m);
});

it.each(['env extend', 'env end', 'env down', 'run', 'drift', 'freeze', 'unfreeze', 'destroy', 'show'])(
  'cairn %s without what it needs leads to its help',
  async (name) => {
    const { code, err } = await cairn.run(name.split(' '));

    expect(code).toBe(2);
    expect(err).toContain(`(cairn ${name} --help shows how)`);
  },
);

it('tells a group of commands from a mistake in it', async () => {
  const group = await cairn.run(['env']);
  const mistake = await cairn.run(['env', 'dwon']);

  expect(group.err).toContain('extend [options] <name> <time>');
  expect(mistake.code).toBe(2);
  expect(mistake.err).toContain('Did you mean down?');
  expect(mistake.err).toContain('(cairn env --help lists the commands)');
});

it('lists every command under a heading', async () => {
  const { out } = await cairn.run(['--help']);

  for (const heading of [
    'Look:',
    'Plan and deploy:',
    'Environments:',
    'A server on this machine:',
    'Cairn on AWS:',
  ]) {
    expect(out).toMatch(new RegExp(`^${heading}\n {2}\\w`, 'm'));
  }
  for (const name of TALKING) expect(out).toMatch(new RegExp(`^  ${name.split(' ')[0]}\\b`, 'm'));
});
