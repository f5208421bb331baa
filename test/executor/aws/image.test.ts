import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { binariesOf, mirrorOf } from '../../../executor/aws/binaries.ts';

const SCRIPT = join(import.meta.dirname, '../../../executor/image/binaries.sh');
/** What is in the image's first stage, where binaries are fetched. */
const LACKING = ['curl', 'unzip', 'gpg', 'python3'].filter((tool) => {
  try {
    execFileSync('sh', ['-c', `command -v ${tool}`], { stdio: 'ignore' });
    return false;
  } catch {
    return true;
  }
});
const WHY = LACKING.length === 0 ? '' : ` (skipped: no ${LACKING.join(', ')})`;

let folder: string;
let image: string;
let context: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cairn-image-'));
  image = join(folder, 'image');
  context = join(folder, 'context');
  mkdirSync(context);
  cpSync(SCRIPT, join(context, 'binaries.sh'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const program = (name: string, version: string) => `#!/bin/sh\necho "${name} v${version}"\n`;

/** A release as its makers publish it. Answers the archive's SHA-256. */
function release(name: string, version: string, place: string, said = version): string {
  const at = join(folder, 'releases', place);
  mkdirSync(at, { recursive: true });
  writeFileSync(join(at, name), program(name, said));
  const archive = `${name}_${version}_linux_amd64.zip`;
  execFileSync('python3', ['-m', 'zipfile', '-c', archive, name], { cwd: at });
  const sum = createHash('sha256')
    .update(readFileSync(join(at, archive)))
    .digest('hex');
  writeFileSync(
    join(at, `${name}_${version}_SHA256SUMS`),
    `${'0'.repeat(64)}  other.zip\n${sum}  ${archive}\n`,
  );
  return sum;
}

/** Answers what the script wrote to its standard error, null if all went well. */
function fetchBinaries(env: Record<string, string>): string | null {
  try {
    execFileSync('sh', [join(context, 'binaries.sh'), image], {
      stdio: 'pipe',
      env: {
        PATH: process.env['PATH'],
        ARCH: 'amd64',
        TERRAFORM_RELEASES: `file://${folder}/releases/terraform`,
        OPENTOFU_RELEASES: `file://${folder}/releases/tofu`,
        ...env,
      },
    });
    return null;
  } catch (error) {
    return String((error as { stderr: Buffer }).stderr);
  }
}

describe.skipIf(LACKING.length > 0)(`the binaries of the image${WHY}`, () => {
  it('are fetched in the order that was asked for, and found so by the executor', () => {
    for (const version of ['1.9.8', '1.11.4']) release('terraform', version, `terraform/${version}`);
    release('tofu', '1.10.6', 'tofu/v1.10.6');

    const problem = fetchBinaries({ TERRAFORM_VERSIONS: '1.11.4 1.9.8', OPENTOFU_VERSIONS: '1.10.6' });

    expect(problem).toBe(null);
    expect(binariesOf(image)).toEqual([
      { path: join(image, 'terraform-1.11.4'), version: '1.11.4' },
      { path: join(image, 'terraform-1.9.8'), version: '1.9.8' },
      { path: join(image, 'tofu-1.10.6'), version: '1.10.6' },
    ]);
    expect(execFileSync(join(image, 'tofu-1.10.6'), { encoding: 'utf8' })).toBe('tofu v1.10.6\n');
  });

  it('must have the sum that is published', () => {
    release('terraform', '1.11.4', 'terraform/1.11.4');
    const sums = join(folder, 'releases/terraform/1.11.4/terraform_1.11.4_SHA256SUMS');
    writeFileSync(sums, `${'a'.repeat(64)}  terraform_1.11.4_linux_amd64.zip\n`);

    const problem = fetchBinaries({ TERRAFORM_VERSIONS: '1.11.4' });

    expect(problem).toContain(`terraform_1.11.4_linux_amd64.zip has not the SHA-256 ${'a'.repeat(64)}`);
  });

  it('must have the sum that the operator names, whatever is published', () => {
    const sum = release('terraform', '1.11.4', 'terraform/1.11.4');
    rmSync(join(folder, 'releases/terraform/1.11.4/terraform_1.11.4_SHA256SUMS'));
    const archive = 'terraform_1.11.4_linux_amd64.zip';

    const right = fetchBinaries({ TERRAFORM_VERSIONS: '1.11.4', SHA256S: `${archive}=${sum}` });
    const wrong = fetchBinaries({ TERRAFORM_VERSIONS: '1.11.4', SHA256S: `${archive}=${'b'.repeat(64)}` });

    expect(right).toBe(null);
    expect(wrong).toContain(`has not the SHA-256 ${'b'.repeat(64)}`);
  });

  it('are fetched only with sums that their makers have signed, if their key is there', () => {
    release('terraform', '1.11.4', 'terraform/1.11.4');
    const home = join(folder, 'gpg');
    mkdirSync(home, { mode: 0o700 });
    const gpg = (...args: string[]) =>
      execFileSync('gpg', ['--batch', '--quiet', '--homedir', home, ...args], { stdio: 'pipe' });
    gpg('--passphrase', '', '--quick-generate-key', 'makers@example.com', 'default', 'default', 'never');
    mkdirSync(join(context, 'keys'));
    gpg('--armor', '--output', join(context, 'keys/terraform.asc'), '--export');
    const sums = join(folder, 'releases/terraform/1.11.4/terraform_1.11.4_SHA256SUMS');
    gpg('--output', `${sums}.sig`, '--detach-sign', sums);
    execFileSync('gpgconf', ['--homedir', home, '--kill', 'all']);

    const signed = fetchBinaries({ TERRAFORM_VERSIONS: '1.11.4' });
    writeFileSync(sums, readFileSync(sums, 'utf8').replace('other', 'another'));
    const changed = fetchBinaries({ TERRAFORM_VERSIONS: '1.11.4' });

    expect(signed).toBe(null);
    expect(changed).toContain('its signature is not one of keys/terraform.asc');
  });

  it('must be what they are called', () => {
    release('terraform', '1.11.4', 'terraform/1.11.4', '1.5.0');

    const problem = fetchBinaries({ TERRAFORM_VERSIONS: '1.11.4' });

    expect(problem).toContain('terraform-1.11.4 does not say that it is 1.11.4');
  });

  it('are taken as they are where they lie beside the script', () => {
    mkdirSync(join(context, 'binaries'));
    writeFileSync(join(context, 'binaries/terraform-1.11.4'), program('Terraform', '1.11.4'));

    const problem = fetchBinaries({ TERRAFORM_VERSIONS: '1.11.4' });

    expect(problem).toBe(null);
    expect(binariesOf(image)).toHaveLength(1);
  });

  it('are said to be missing where none was asked for, or one was never released', () => {
    expect(fetchBinaries({})).toContain('Neither TERRAFORM_VERSIONS nor OPENTOFU_VERSIONS names a version');
    expect(fetchBinaries({ TERRAFORM_VERSIONS: '9.9.9' })).toContain('is this a version that was released?');
  });
});

describe('what the executor finds in its image', () => {
  it('is nothing where no order is written down: then it asks the PATH', () => {
    expect(binariesOf(join(folder, 'none'))).toEqual([]);
  });

  it('is no mirror where the folder is empty', () => {
    mkdirSync(image);

    expect(mirrorOf(image)).toBe(undefined);
    expect(mirrorOf(join(folder, 'none'))).toBe(undefined);
    expect(mirrorOf(folder)).toBe(folder);
  });
});
