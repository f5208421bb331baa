import { describe, expect, it } from 'vitest';
import { affected } from './trees.ts';

const NETWORK = `variable "region" {}
resource "terraform_data" "network" {
  input = "10.0.0.0/16"
}
output "subnets" {
  value = terraform_data.network.id
}
`;
const OTHER = `resource "terraform_data" "queue" {
  input = "jobs"
}
resource "terraform_data" "worker" {
  input = "four of them"
}
`;
const s3 = (key: string, more = '') =>
  `terraform {\n  backend "s3" {\n    bucket = "states"\n    key    = "${key}"\n${more}  }\n}\n`;

const outcome = (result: Awaited<ReturnType<typeof affected>>) => ({
  removed: result.removed.map((project) => project.name),
  moved: result.moved.map(({ from, to, by }) => `${from.name} -> ${to.name} by ${by}`),
  doubtful: result.doubtful.map(({ from, candidates }) => `${from.name} ? ${candidates.join(' ')}`),
});
const NOTHING = { removed: [], moved: [], doubtful: [] };

describe('roots that are gone', () => {
  it('follows a renamed folder whose state Cairn keeps', async () => {
    const result = await affected(
      { 'network/main.tf': NETWORK },
      { 'network/main.tf': null, 'core/net/main.tf': NETWORK },
    );

    expect(outcome(result)).toEqual({ ...NOTHING, moved: ['network -> core/net by content'] });
    expect(result.projects.map((p) => p.reasons)).toEqual([
      ['moved from network', 'core/net/main.tf changed'],
    ]);
  });

  it('follows it with a few lines changed as well', async () => {
    const result = await affected(
      { 'network/main.tf': NETWORK },
      { 'network/main.tf': null, 'net/main.tf': `${NETWORK}output "region" {\n  value = var.region\n}\n` },
    );

    expect(outcome(result)).toEqual({ ...NOTHING, moved: ['network -> net by content'] });
  });

  it('follows a name that is given to a folder', async () => {
    const result = await affected(
      { 'network/main.tf': NETWORK },
      {
        'cairn.yaml':
          'environments: { main: { branch: main } }\nprojects:\n  - { dir: network, name: net }\n',
      },
    );

    expect(outcome(result)).toEqual({ ...NOTHING, moved: ['network -> net by content'] });
  });

  it('tells equal roots apart by the end of their folders', async () => {
    const result = await affected(
      { 'dev/main.tf': NETWORK, 'prod/main.tf': NETWORK },
      {
        'dev/main.tf': null,
        'prod/main.tf': null,
        'live/dev/main.tf': NETWORK,
        'live/prod/main.tf': NETWORK,
      },
    );

    expect(outcome(result).moved.sort()).toEqual([
      'dev -> live/dev by content',
      'prod -> live/prod by content',
    ]);
  });

  it('destroys nothing if two may be the one that is gone', async () => {
    const result = await affected(
      { 'network/main.tf': NETWORK },
      { 'network/main.tf': null, 'a/main.tf': NETWORK, 'b/main.tf': NETWORK },
    );

    expect(outcome(result)).toEqual({ ...NOTHING, doubtful: ['network ? a b'] });
    expect(result.doubtful[0]?.why).toContain('`name: network`');
  });

  it('destroys a root that something unlike replaces', async () => {
    const result = await affected(
      { 'network/main.tf': NETWORK },
      { 'network/main.tf': null, 'queue/main.tf': OTHER },
    );

    expect(outcome(result)).toEqual({ ...NOTHING, removed: ['network'] });
    expect(result.addresses.get('network')).toBeNull();
  });

  it('keeps a root whose state address another root claims, though its files are others and its backend got more arguments', async () => {
    const result = await affected(
      { 'network/main.tf': `${s3('net')}${NETWORK}` },
      { 'network/main.tf': null, 'new/main.tf': `${s3('net', '    use_lockfile = true\n')}${OTHER}` },
    );

    expect(outcome(result)).toEqual({ ...NOTHING, moved: ['network -> new by state'] });
  });

  it('destroys a root whose address nobody claims, and knows where its state is', async () => {
    const result = await affected(
      { 'network/main.tf': `${s3('net')}${NETWORK}`, 'b/main.tf': OTHER },
      { 'network/main.tf': null },
    );

    expect(outcome(result)).toEqual({ ...NOTHING, removed: ['network'] });
    expect(result.addresses.get('network')?.backend).toBe('s3');
  });

  it('is in doubt if a root that looks the same keeps its state elsewhere', async () => {
    const result = await affected(
      { 'network/main.tf': `${s3('net')}${NETWORK}` },
      { 'network/main.tf': null, 'net/main.tf': `${s3('net2')}${NETWORK}` },
    );

    expect(outcome(result)).toEqual({ ...NOTHING, doubtful: ['network ? net'] });
  });

  it('is in doubt if the files do not tell where the state was', async () => {
    const result = await affected(
      { 'network/main.tf': `terraform {\n  backend "s3" {}\n}\n${NETWORK}` },
      { 'network/main.tf': null, 'queue/main.tf': `terraform {\n  backend "s3" {}\n}\n${OTHER}` },
    );

    expect(outcome(result)).toEqual({ ...NOTHING, doubtful: ['network ? '] });
  });

  it('destroys nothing of a folder that is there but no project any more', async () => {
    const result = await affected(
      { 'network/main.tf': NETWORK, 'b/main.tf': OTHER },
      { 'cairn.yaml': 'environments: { main: { branch: main } }\nignore: [network]\n' },
    );

    expect(outcome(result)).toEqual({ ...NOTHING, doubtful: ['network ? '] });
  });

  it('destroys nothing of a project that went to another environment', async () => {
    const result = await affected(
      {
        'cairn.yaml': 'environments: { main: { branch: main } }\n',
        'network/main.tf': NETWORK,
        'b/main.tf': OTHER,
      },
      {
        'cairn.yaml':
          'environments: { main: { branch: main, projects: [b] }, next: { branch: next, projects: [network] } }\n',
      },
    );

    expect(outcome(result)).toEqual({ ...NOTHING, doubtful: ['network ? '] });
  });

  it('keeps a project with a configured name wherever its folder goes', async () => {
    const file = (dir: string) =>
      `environments: { main: { branch: main } }\nprojects:\n  - { dir: ${dir}, name: net }\n`;

    const result = await affected(
      { 'cairn.yaml': file('network'), 'network/main.tf': NETWORK },
      { 'cairn.yaml': file('core'), 'network/main.tf': null, 'core/main.tf': OTHER },
    );

    expect(outcome(result)).toEqual(NOTHING);
    expect(result.projects.map((p) => p.name)).toEqual(['net']);
  });

  it('sorts a thousand renamed roots out', async () => {
    const base: Record<string, string> = {};
    const change: Record<string, string | null> = {};
    for (let i = 0; i < 1000; i++) {
      base[`a/r${i}/main.tf`] = `${NETWORK}# ${i}\nlocals {\n  number = ${i}\n}\n`;
      change[`a/r${i}/main.tf`] = null;
      change[`b/r${i}/main.tf`] = base[`a/r${i}/main.tf`] as string;
    }

    const result = await affected(base, change);

    expect(result.moved).toHaveLength(1000);
    expect(result.moved.every(({ from, to }) => from.dir.slice(2) === to.dir.slice(2))).toBe(true);
  });
});
