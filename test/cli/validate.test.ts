import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Program, program } from './program.ts';

let cairn: Program;
beforeEach(async () => {
  cairn = await program();
});
afterEach(() => cairn.close());

async function write(files: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(cairn.home, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}

const ROOT = 'resource "terraform_data" "x" {}\n';
const SHOP = {
  'network/main.tf': ROOT,
  'app/main.tf': ROOT,
  'cairn.yaml': `environments:
  prod:
    branch: main
projects:
  - dir: network
  - dir: app
    depends_on: [network]
`,
};

describe('cairn validate', () => {
  it('shows environments with their projects in order', async () => {
    await write(SHOP);

    const { code, out, err } = await cairn.run(['validate']);

    expect(err).toBe('');
    expect(code).toBe(0);
    expect(out).toBe('prod: 2 projects\n  1. network\n  2. app\n');
  });

  it('works without a configuration', async () => {
    await write({ 'network/main.tf': ROOT });

    const { code, out } = await cairn.run(['validate', '--json']);

    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({
      ok: true,
      problems: [],
      environments: { main: [['network']] },
      ephemeral: null,
      drift: {},
      writes: [],
      warnings: [],
    });
  });

  it('names each mistake with file, line and column, and is bad', async () => {
    await write({
      ...SHOP,
      'cairn.yaml': 'environments:\n  prod:\n    brnach: main\n    rollback: sometimes\n',
    });

    const { code, out, err } = await cairn.run(['validate', '.']);

    expect(code).toBe(1);
    expect(out).toBe('');
    expect(err).toMatch(/^cairn\.yaml:3:5: .*brnach.*branch/m);
    expect(err).toMatch(/^cairn\.yaml:4:5: .*sometimes|^cairn\.yaml:4:5: .*automatic/m);
  });

  it.each<[string, Record<string, string>, RegExp]>([
    [
      'a folder that is not there',
      { 'cairn.yaml': `${SHOP['cairn.yaml']}  - dir: nowhere\n` },
      /^cairn\.yaml:8:\d+: .*nowhere/m,
    ],
    [
      'a name that nothing has',
      { 'cairn.yaml': SHOP['cairn.yaml'].replace('[network]', '[netwrok]') },
      /^cairn\.yaml:7:\d+: .*netwrok/m,
    ],
    [
      'a circle',
      { 'cairn.yaml': SHOP['cairn.yaml'].replace('- dir: network', '- dir: network\n    depends_on: [app]') },
      /circle|cycle|->/,
    ],
    ['broken YAML', { 'cairn.yaml': 'environments: [\n' }, /^cairn\.yaml:\d+:\d+: /m],
    [
      'two roots with one state',
      {
        'network/backend.tf':
          'terraform {\n  backend "s3" {\n    bucket = "b"\n    key = "k"\n    region = "r"\n  }\n}\n',
        'app/backend.tf':
          'terraform {\n  backend "s3" {\n    bucket = "b"\n    key = "k"\n    region = "r"\n  }\n}\n',
      },
      /one address/,
    ],
  ])('finds %s', async (_, change, message) => {
    await write({ ...SHOP, ...change });

    const { code, err } = await cairn.run(['validate']);

    expect(err).toMatch(message);
    expect(code).toBe(1);
  });

  it('refuses a link out of the checkout', async () => {
    await write(SHOP);
    await symlink('/etc/passwd', path.join(cairn.home, 'app', 'passwd'));

    const { code, err } = await cairn.run(['validate']);

    expect(code).toBe(1);
    expect(err).toContain('app/passwd');
  });

  it('warns of files that cannot be read as Terraform', async () => {
    await write({ ...SHOP, 'app/main.tf': 'resource "x" {\n' });

    const { err } = await cairn.run(['validate']);

    expect(err).toMatch(/warning: app\/main\.tf/);
  });

  it('asks for a folder', async () => {
    expect(await cairn.run(['validate', 'nowhere'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('nowhere'),
    });
  });

  it('shows what an ephemeral environment would be made of, when drift is looked for, and what may be changed', async () => {
    await write({
      ...SHOP,
      'cairn.yaml': `${SHOP['cairn.yaml'].replace('branch: main\n', "branch: main\n    drift: { cron: '30 2 * * *', time_zone: Etc/UTC }\n")}ephemeral:
  ttl: 4h
  max_ttl: 2d
commands:
  allow: [state list, import]
`,
    });

    const { code, out, err } = await cairn.run(['validate']);
    const json = await cairn.run(['validate', '--json']);

    expect(err).toBe('');
    expect(code).toBe(0);
    expect(out).toMatch(/^ {2}drift is looked for at \d{4}-\d\d-\d\d 02:30, .* UTC, and so on$/m);
    expect(out).toContain(
      'an ephemeral environment (for 4h, at most 2d, 10 at a time): 2 projects\n  1. network\n  2. app\n',
    );
    expect(out).toContain('commands that change something, with approval and lock: import\n');
    expect(JSON.parse(json.out)).toMatchObject({
      ephemeral: { projects: [['network'], ['app']] },
      drift: { prod: [expect.stringContaining('T02:30:00'), expect.anything(), expect.anything()] },
      writes: ['import'],
    });
  });

  it('names what would keep an ephemeral environment from being made', async () => {
    await write({
      ...SHOP,
      'cairn.yaml': `${SHOP['cairn.yaml']}ephemeral:\n  projects: [app]\n`,
    });

    const { code, err } = await cairn.run(['validate']);

    expect(code).toBe(1);
    expect(err).toMatch(/^ephemeral: app: it depends on network/m);
  });

  it('names projects that no folder has, where `ephemeral` speaks of them', async () => {
    await write({
      ...SHOP,
      'cairn.yaml': `${SHOP['cairn.yaml']}ephemeral:\n  projects: [netwrok, app, 'x*']\n  outputs: [ap.url]\n  reads: [app]\n`,
    });

    const { code, err } = await cairn.run(['validate']);

    expect(code).toBe(1);
    expect(err).toMatch(
      /^cairn\.yaml:\d+:\d+: ephemeral\.projects(\[0\])?: there is no project "netwrok", did you mean "network"\?$/m,
    );
    expect(err).toMatch(/^cairn\.yaml: ephemeral\.outputs: there is no project "ap", did you mean "app"\?$/m);
    expect(err).not.toContain('"x*"');
  });
});
