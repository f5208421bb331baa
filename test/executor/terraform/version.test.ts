import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { satisfies } from '../../../executor/terraform/constraint.ts';
import { readLockfile } from '../../../executor/terraform/lockfile.ts';
import { pickVersion, wantedVersion } from '../../../executor/terraform/version.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cairn-version-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let count = 0;
async function tree(files: Record<string, string>): Promise<string> {
  count += 1;
  const src = join(folder, String(count));
  for (const [name, body] of Object.entries(files)) {
    await mkdir(dirname(join(src, name)), { recursive: true });
    await writeFile(join(src, name), body);
  }
  return src;
}

const OFFERED = [
  { path: '/bin/terraform', version: '1.11.4', binary: 'terraform' as const },
  { path: '/old/terraform', version: '1.5.7', binary: 'terraform' as const },
  { path: '/bin/tofu', version: '1.9.0', binary: 'tofu' as const },
];

describe('satisfies', () => {
  it.each([
    ['1.11.4', '>= 1.5, < 2.0', true],
    ['2.0.0', '>= 1.5, < 2.0', false],
    ['1.5.9', '~> 1.5.3', true],
    ['1.6.0', '~> 1.5.3', false],
    ['1.6.0', '~> 1.5', true],
    ['2.0.0', '~> 1.5', false],
    ['1.5.0', '1.5', true],
    ['1.5.0', '= 1.5.1', false],
    ['1.5.0', '!= 1.5.1', true],
    ['1.12.0-rc1', '>= 1.5', false],
    ['1.12.0-rc1', '1.12.0-rc1', true],
    ['1.10.0', '> 1.9.9', true],
    ['1.10.0', 'latest please', null],
  ])('%s fits %s: %s', (version, constraint, fits) => {
    expect(satisfies(version, constraint)).toBe(fits);
  });
});

describe('the version of a root', () => {
  const pick = async (files: Record<string, string>, dir = 'app') =>
    pickVersion(wantedVersion(await tree(files), dir), OFFERED).path;

  it('is the best that fits required_version, wherever it is said', async () => {
    expect(await pick({ 'app/main.tf': '' })).toBe('/bin/terraform');
    expect(await pick({ 'app/v.tf': 'terraform {\n  required_version = "~> 1.5.0"\n}' })).toBe(
      '/old/terraform',
    );
    expect(await pick({ 'app/v.tf.json': '{"terraform": [{"required_version": "< 1.6"}]}' })).toBe(
      '/old/terraform',
    );
    expect(await pick({ 'app/a.tf': '# required_version = "~> 9"\n/* required_version = "9" */' })).toBe(
      '/bin/terraform',
    );
    expect(await pick({ 'app/a.tf': 'locals { t = <<EOT\nrequired_version = "9"\nEOT\n}' })).toBe(
      '/bin/terraform',
    );
    expect(
      await pick({ 'app/a.tf': 'locals { u = "http://x" }\nterraform { required_version = "<1.6" }' }),
    ).toBe('/old/terraform');
  });

  it('is the one of .terraform-version, the nearest one above', async () => {
    expect(await pick({ 'app/main.tf': '', '.terraform-version': '1.5.7\n' })).toBe('/old/terraform');
    expect(
      await pick({ 'app/main.tf': '', '.terraform-version': '1.5.7', 'app/.terraform-version': 'latest' }),
    ).toBe('/bin/terraform');
    expect(await pick({ 'app/main.tf': '', '.opentofu-version': '1.9.0' })).toBe('/bin/tofu');
    expect(await pick({ 'app/main.tf': '', '.terraform-version': 'latest:^1.5' })).toBe('/old/terraform');
  });

  it('is refused with what is asked for and what there is', async () => {
    const files = { 'app/v.tf': 'terraform { required_version = ">= 2.0" }', '.terraform-version': '1.5.7' };

    await expect(pick(files)).rejects.toThrow(
      'No fitting terraform: app/v.tf asks for ">= 2.0" and .terraform-version asks for terraform 1.5.7, ' +
        'this host offers terraform 1.11.4, terraform 1.5.7, tofu 1.9.0.',
    );
    await expect(pick({ 'app/v.tf': 'terraform { required_version = "newest" }' })).rejects.toThrow(
      'not a version constraint',
    );
  });
});

it('reads providers and versions of a lock file', async () => {
  const src = await tree({
    '.terraform.lock.hcl': `# This file is maintained automatically by "terraform init".
provider "registry.terraform.io/hashicorp/aws" {
  version     = "5.100.0"
  constraints = "~> 5.0"
  hashes = ["h1:abc"]
}

provider "registry.terraform.io/hashicorp/random" {
  version = "3.6.1"
}
`,
  });

  expect(readLockfile(join(src, '.terraform.lock.hcl'))).toEqual({
    'registry.terraform.io/hashicorp/aws': '5.100.0',
    'registry.terraform.io/hashicorp/random': '3.6.1',
  });
  expect(readLockfile(join(src, 'none'))).toEqual({});
});
