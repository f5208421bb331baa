import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseHcl } from '../../adapters/hcl.ts';
import { parseInfraConfig } from '../../infra/config/load-config.ts';
import { targetRoleName } from '../../infra/target-role/documents.ts';
import { program } from '../cli/program.ts';
import { build, SHOP, unzip } from './shop-build.ts';

describe('the shop on AWS', () => {
  test('cairn.yaml fits the folders, and deploys the function last', async () => {
    const cairn = await program();

    const said = await cairn.run(['validate', SHOP, '--json']);

    await cairn.close();
    expect(JSON.parse(said.out)).toMatchObject({
      ok: true,
      environments: { prod: [['data', 'release'], ['app']] },
      warnings: [],
    });
  });

  test('cairn.infra.yaml is one that Cairn takes', async () => {
    const text = await readFile(path.join(SHOP, 'cairn.infra.yaml'), 'utf8');

    const { repositories } = parseInfraConfig(text);

    const [repository] = repositories;
    const [environment] = repository?.environments ?? [];
    const names = (kind: 'plan' | 'apply') => targetRoleName(repository?.name ?? '', 'prod', kind);
    expect(environment).toMatchObject({
      name: 'prod',
      build: true,
      planRole: `arn:aws:iam::111122223333:role/${names('plan')}`,
      applyRole: `arn:aws:iam::111122223333:role/${names('apply')}`,
    });
  });

  test('its address is public by two permissions, one of them bound to the address', async () => {
    const resources = await resourcesOf('app/public.tf');

    const permission = resources['aws_lambda_permission']?.['open_url']?.[0];
    const stack = String(resources['aws_cloudformation_stack']?.['run_by_url']?.[0]?.['template_body']);
    expect(permission).toMatchObject({
      action: 'lambda:InvokeFunctionUrl',
      principal: '*',
      function_url_auth_type: 'NONE',
    });
    expect(stack).toMatch(/Action\s+= "lambda:InvokeFunction"\s+InvokedViaFunctionUrl = true/);
  });

  test('the build makes one zip, always the same, that holds the program', async () => {
    const first = await build();
    const second = await build();

    const files = unzip(Buffer.from(first['release_zip'] ?? '', 'base64'));
    expect(second).toEqual(first);
    expect([...files.keys()]).toEqual(['page.mjs', 'products.json', 'shop.mjs']);
    for (const [name, body] of files) {
      expect(body.toString(), name).toBe(await readFile(path.join(SHOP, 'program', name), 'utf8'));
    }
    expect(first).toMatchObject({
      release_name: '1.0.0',
      release_digest: expect.stringMatching(/^[\w-]{43}$/),
    });
  });
});

type Blocks = Record<string, Record<string, Record<string, unknown>[]>>;

async function resourcesOf(file: string): Promise<Blocks> {
  const parsed = await parseHcl(file, await readFile(path.join(SHOP, file), 'utf8'));
  return parsed['resource'] as Blocks;
}
