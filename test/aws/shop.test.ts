import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { build, SHOP, unzip } from '../examples/shop-build.ts';
import { type Moto, NO_MOTO, startMoto } from '../support/aws/moto.ts';
import { type AwsTerraform, awsTerraform, NO_PROVIDER, pointAtEmulator } from '../support/aws/provider.ts';

const REASONS = [NO_MOTO, NO_PROVIDER].filter((reason) => reason !== null).join('; ');

type Answer = { statusCode: number; body?: string; headers: Record<string, string> };

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

function event(method: string, rawPath: string, body?: unknown) {
  return {
    rawPath,
    headers: { 'content-type': 'application/json' },
    requestContext: { http: { method }, requestId: `${method}-${rawPath}-${JSON.stringify(body)}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
}
