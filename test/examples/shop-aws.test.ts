import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseHcl } from '../../adapters/hcl.ts';
import { parseInfraConfig } from '../../infra/load-config.ts';
import { targetRoleName } from '../../infra/target-role/documents.ts';
import { program } from '../cli/program.ts';
import { type Moto, NO_MOTO, startMoto } from '../support/aws/moto.ts';
import { type AwsTerraform, awsTerraform, NO_PROVIDER, pointAtEmulator } from '../support/aws/provider.ts';

const SHOP = path.resolve(import.meta.dirname, '../../examples/shop-aws');
const REASONS = [NO_MOTO, NO_PROVIDER].filter((reason) => reason !== null).join('; ');

type Answer = { statusCode: number; body?: string; headers: Record<string, string> };

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

describe.skipIf(REASONS !== '')(
  `the shop on AWS, by terraform on moto${REASONS && ` (skipped: ${REASONS})`}`,
  { timeout: 300_000 },
  () => {
    let moto: Moto;
    let terraform: AwsTerraform;
    const at = (...names: string[]) => path.join(terraform.home, ...names);

    beforeAll(async () => {
      moto = await startMoto();
      terraform = await awsTerraform(moto.endpoint);
      await cp(SHOP, at('shop'), { recursive: true, filter: (from) => !/\.terraform|tfstate/.test(from) });
      for (const project of ['data', 'release', 'app'])
        await pointAtEmulator(at('shop', project), moto.endpoint);
    });
    afterAll(async () => {
      await moto?.close();
      if (terraform) await rm(terraform.home, { recursive: true, force: true });
    });

    /** What Cairn hands to every project. */
    async function variables(): Promise<Record<string, string>> {
      const states = Object.fromEntries(
        ['data', 'release'].map((name) => [
          name,
          { backend: 'local', config: { path: at(`${name}.tfstate`) } },
        ]),
      );
      const outputs = Object.entries(await build());
      return {
        TF_VAR_cairn_state: JSON.stringify(states),
        ...Object.fromEntries(outputs.map(([name, value]) => [`TF_VAR_${name}`, value])),
      };
    }

    async function apply(project: string): Promise<void> {
      const env = await variables();
      const folder = at('shop', project);
      const plan = at(`${project}.tfplan`);
      await terraform.run(folder, ['init'], env);
      await terraform.run(folder, ['validate'], env);
      await terraform.run(folder, ['plan', `-state=${at(`${project}.tfstate`)}`, `-out=${plan}`], env);
      await terraform.run(folder, ['apply', `-state=${at(`${project}.tfstate`)}`, plan], env);
    }

    async function outputsOf(project: string): Promise<Record<string, string>> {
      const state = JSON.parse(await readFile(at(`${project}.tfstate`), 'utf8')) as {
        outputs: Record<string, { value: string }>;
      };
      return Object.fromEntries(Object.entries(state.outputs).map(([name, { value }]) => [name, value]));
    }

    /** Runs the released zip as Lambda does, against the table that was made. */
    async function call(events: unknown[]): Promise<Answer[]> {
      const folder = await mkdtemp(at('lambda-'));
      const { release_zip = '' } = await build();
      for (const [name, body] of unzip(Buffer.from(release_zip, 'base64')))
        await writeFile(path.join(folder, name), body);
      // Where Lambda's runtime has the SDK.
      await symlink(path.resolve(SHOP, '../../node_modules'), path.join(folder, 'node_modules'));
      const { table = '' } = await outputsOf('data');
      const script = `const { handler } = await import('./shop.mjs');
        const answers = [];
        for (const event of JSON.parse(process.argv[1])) answers.push(await handler(event));
        process.stdout.write(JSON.stringify(answers));`;
      const done = await execa(
        'node',
        ['--input-type=module', '--no-warnings', '-e', script, JSON.stringify(events)],
        {
          cwd: folder,
          env: { ...terraform.env, SHOP_TABLE: table, SHOP_RELEASE: '1.0.0' },
          extendEnv: false,
        },
      );
      return JSON.parse(done.stdout) as Answer[];
    }

    test('three projects in order make a table, a release, and a function with an address', async () => {
      await apply('data');
      await apply('release');
      await apply('app');

      const { url } = await outputsOf('app');
      expect(url).toMatch(/^https:\/\/[^/]+$/);
      expect(await outputsOf('release')).toMatchObject({ name: '1.0.0' });
      expect(await readdir(at('shop'))).not.toContain('terraform.tfstate');
    });

    test('what was released serves, and keeps orders in the table', async () => {
      const answers = await call([
        event('GET', '/healthz'),
        event('POST', '/orders', { product: 'rope', quantity: 2 }),
        event('POST', '/orders', { product: 'boat' }),
        event('GET', '/healthz'),
        event('GET', '/'),
      ]);

      expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 201, 400, 200, 200]);
      expect(JSON.parse(answers[0]?.body ?? '')).toEqual({ status: 'ok', release: '1.0.0', orders: 0 });
      expect(JSON.parse(answers[3]?.body ?? '')).toMatchObject({ orders: 1 });
      expect(answers[4]?.body).toContain('<b>1</b> order so far');
    });

    test('both permissions are in the policy of the function', async () => {
      const answer = await fetch(`${moto.endpoint}/2015-03-31/functions/cairn-shop/policy`, {
        headers: { authorization: 'AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/lambda/aws4_request' },
      });
      const { Policy } = (await answer.json()) as { Policy: string };

      const { Statement } = JSON.parse(Policy) as { Statement: { Action: string; Principal: unknown }[] };
      expect(new Set(Statement.map(({ Action }) => Action))).toEqual(
        new Set(['lambda:InvokeFunctionUrl', 'lambda:InvokeFunction']),
      );
    });
  },
);

async function build(): Promise<Record<string, string>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'cairn-build-'));
  const file = path.join(folder, 'output');
  await mkdir(folder, { recursive: true });
  await execa('node', ['build.mjs'], { cwd: path.join(SHOP, 'program'), env: { CAIRN_OUTPUT: file } });
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
  await rm(folder, { recursive: true });
  return Object.fromEntries(lines.map((line) => line.split(/=(.*)/s).slice(0, 2)));
}

function unzip(zip: Buffer): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  for (let at = 0; zip.readUInt32LE(at) === 0x04034b50; ) {
    const packed = zip.readUInt32LE(at + 18);
    const name = at + 30;
    const body = name + zip.readUInt16LE(at + 26) + zip.readUInt16LE(at + 28);
    files.set(
      zip.toString('utf8', name, name + zip.readUInt16LE(at + 26)),
      inflateRawSync(zip.subarray(body, body + packed)),
    );
    at = body + packed;
  }
  return files;
}

function event(method: string, rawPath: string, body?: unknown) {
  return {
    rawPath,
    headers: { 'content-type': 'application/json' },
    requestContext: { http: { method }, requestId: `${method}-${rawPath}-${JSON.stringify(body)}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
}

type Blocks = Record<string, Record<string, Record<string, unknown>[]>>;

async function resourcesOf(file: string): Promise<Blocks> {
  const parsed = await parseHcl(file, await readFile(path.join(SHOP, file), 'utf8'));
  return parsed['resource'] as Blocks;
}
