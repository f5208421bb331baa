import { describe, expect, it } from 'vitest';
import { parseHcl } from '../../../adapters/hcl.ts';
import { backendOf, stateAddress } from '../../../core/projects/address.ts';
import { affected, ROOT, tree } from './trees.ts';

const block = (type: string, body: string) => `terraform {\n  backend "${type}" {\n${body}\n  }\n}\n`;
const address = (
  text: string,
  more: { dir?: string; workspace?: string; files?: Record<string, string> } = {},
) => {
  const dir = more.dir ?? 'a';
  const project = { dir, workspace: more.workspace ?? 'default' };
  return stateAddress(tree({ [`${dir}/main.tf`]: text, ...more.files }), project, parseHcl);
};

describe('stateAddress', () => {
  it('is null without a backend and for a local one', async () => {
    expect(await address(ROOT)).toBeNull();
    expect(await address(block('local', '    path = "x"'))).toBeNull();
  });

  it('is the same wherever the files are, however they are written, whatever else the backend has', async () => {
    const one = await address(block('s3', '    bucket = "b"\n    key = "k"'));
    const other = await address(
      block('s3', '    key = "k"\n    assume_role = {\n      role_arn = "r"\n    }\n    bucket = "b"'),
      { dir: 'z' },
    );
    const json = await stateAddress(
      tree({
        'j/main.tf.json': JSON.stringify({
          terraform: { backend: { s3: { bucket: 'b', key: 'k', encrypt: true } } },
        }),
      }),
      { dir: 'j', workspace: 'default' },
      parseHcl,
    );

    expect(one?.backend).toBe('s3');
    expect(other).toEqual(one);
    expect(json).toEqual(one);
  });

  it('differs by bucket, key and workspace', async () => {
    const keys = await Promise.all([
      address(block('s3', '    bucket = "b"\n    key = "k"')),
      address(block('s3', '    bucket = "b"\n    key = "k2"')),
      address(block('s3', '    bucket = "b2"\n    key = "k"')),
      address(block('s3', '    bucket = "b"\n    key = "k"'), { workspace: 'dev' }),
      address(block('gcs', '    bucket = "b"')),
    ]);

    expect(new Set(keys.map((one) => one?.key)).size).toBe(5);
  });

  it.each([
    block('s3', ''),
    block('s3', '    bucket = "b"\n    key = var.key'),
    block('http', ''),
    'terraform {\n  cloud {\n    organization = "o"\n  }\n}\n',
  ])("is nobody else's if the files do not tell: %j", async (text) => {
    const [a, b] = [await address(text), await address(text, { dir: 'b' })];

    expect(a).not.toBeNull();
    expect(a?.key).not.toBe(b?.key);
  });

  it('reads cloud blocks', async () => {
    const cloud = (name: string) =>
      `terraform {\n  cloud {\n    organization = "o"\n    workspaces {\n      name = "${name}"\n    }\n  }\n}\n`;
    const [a, b, c] = [
      await address(cloud('x')),
      await address(cloud('x'), { dir: 'b' }),
      await address(cloud('y')),
    ];

    expect(a?.backend).toBe('cloud');
    expect(b?.key).toBe(a?.key);
    expect(c?.key).not.toBe(a?.key);
  });

  it('lets an override file win', async () => {
    const files = { 'a/backend_override.tf': block('s3', '    bucket = "b"\n    key = "other"') };

    const backend = await backendOf(
      tree({ 'a/main.tf': block('s3', '    bucket = "b"\n    key = "k"'), ...files }),
      { dir: 'a' },
      parseHcl,
    );

    expect(backend).toEqual({ type: 's3', config: { bucket: 'b', key: 'other' } });
  });
});

describe('shared addresses', () => {
  it('refuses a remote state that two environments would share', async () => {
    const config = 'environments: { main: { branch: main }, next: { branch: next } }\n';
    const files = {
      'cairn.yaml': config,
      'a/main.tf': block('s3', '    bucket = "b"\n    key = "k"'),
      'b/main.tf': ROOT,
    };

    await expect(affected(files, {})).rejects.toThrow(
      /project a is deployed to main and next, but its backend "s3" keeps one state/,
    );
  });

  it('leaves a backend that does not parse to its own plan', async () => {
    const files = { 'a/main.tf': block('s3', '    bucket = = "b"'), 'b/main.tf': ROOT };

    const { addresses } = await affected(files, {});

    expect(addresses.get('a')?.backend).toBe('unknown');
    expect(addresses.get('b')).toBeNull();
  });
});
