import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planDigest } from '../../core/plans/digest.ts';
import {
  applyJob,
  type Bench,
  changesOf,
  createBench,
  HASH_KEY,
  out,
  planInputs,
  planJob,
  prepare,
  type Ran,
  run,
  there,
  untar,
} from './support.ts';

const ROOT = `
variable "size" { default = "small" }
resource "terraform_data" "app" { input = var.size }
output "size" { value = terraform_data.app.output }
`;

let bench: Bench;
beforeAll(async () => {
  bench = await createBench();
});
afterAll(() => bench.end());

async function plan(
  source: Record<string, string>,
  inputs: Record<string, string | Buffer> = {},
): Promise<Ran> {
  return run(bench, await prepare(bench, planJob(), source, inputs, join(bench.folder, 'shop')));
}

async function apply(
  planned: Ran,
  source: Record<string, string>,
  inputs: Record<string, string | Buffer> = {},
) {
  const job = applyJob(planned.result.planSha256 ?? '');
  const all = { ...(await planInputs(planned)), ...inputs };
  return run(bench, await prepare(bench, job, source, all, planned.work));
}

async function applyShown(planned: Ran, source: Record<string, string>, digest: string): Promise<Ran> {
  const job = applyJob(planned.result.planSha256 ?? '', { shown: { digest, hashKey: HASH_KEY } });
  return run(bench, await prepare(bench, job, source, await planInputs(planned), planned.work));
}

describe('plan', () => {
  it('leaves the changes, a summary and the plan', async () => {
    const planned = await plan({ 'main.tf': ROOT });

    const changes = await changesOf(planned);
    const summary = JSON.parse((await out(planned, 'summary.json')).toString('utf8'));
    const sha256 = createHash('sha256')
      .update(await out(planned, 'plan.tfplan'))
      .digest('hex');
    expect(planned.code).toBe(0);
    expect(planned.result).toMatchObject({
      status: 'ok',
      id: 'plan-1',
      empty: false,
      started: false,
      planSha256: sha256,
    });
    expect(planned.result.terraform?.version).toMatch(/^\d+\.\d+/);
    expect(changes.resources.map(({ address }) => address)).toEqual(['terraform_data.app']);
    expect(summary.counts).toMatchObject({ add: 1, outputs: 1 });
    expect(planned.log).toContain('# terraform_data.app will be created');
  });

  it('is told the same in a subdirectory, with its module beside it', async () => {
    const source = {
      'apps/web/main.tf': 'module "m" { source = "../../modules/m" }',
      'modules/m/main.tf': ROOT,
    };
    const job = planJob({ project: { ...planJob().project, dir: 'apps/web' } });

    const planned = await run(bench, await prepare(bench, job, source));

    expect((await changesOf(planned)).resources[0]?.address).toBe('module.m.terraform_data.app');
  });

  it('names the file and line of what is wrong', async () => {
    const planned = await plan({ 'main.tf': 'resource "terraform_data" "app" {\n  inputt = 1\n}\n' });

    expect(planned.code).toBe(1);
    expect(planned.result.status).toBe('failed');
    expect(planned.result.error).toMatch(/terraform plan failed: Unsupported argument[\s\S]*main\.tf line 2/);
    expect(planned.log).toContain('main.tf line 2');
  });

  it('says so when there is nothing to change', async () => {
    const first = await plan({ 'main.tf': ROOT });
    const applied = await apply(first, { 'main.tf': ROOT });

    const second = await plan(
      { 'main.tf': ROOT },
      { 'state.tfstate': await out(applied, 'terraform.tfstate') },
    );

    expect(second.result).toMatchObject({ status: 'ok', empty: true });
    expect(await changesOf(second)).toMatchObject({ resources: [], outputs: {}, drift: [] });
  });

  it('plans the end of a root that was removed', async () => {
    const applied = await apply(await plan({ 'main.tf': ROOT }), { 'main.tf': ROOT });
    const state = { 'state.tfstate': await out(applied, 'terraform.tfstate') };

    const planned = await run(
      bench,
      await prepare(bench, planJob({ destroy: true }), { 'main.tf': ROOT }, state),
    );

    expect((await changesOf(planned)).resources[0]?.change.actions).toEqual(['delete']);
  });
});

describe('apply', () => {
  it('applies the stored plan, and its state is kept over two deployments', async () => {
    const first = await apply(await plan({ 'main.tf': ROOT }), { 'main.tf': ROOT });
    const state = await out(first, 'terraform.tfstate');
    const source = { 'main.tf': ROOT.replace('small', 'large') };

    const planned = await plan(source, { 'state.tfstate': state });
    const second = await apply(planned, source, { 'state.tfstate': state });

    const before = JSON.parse(state.toString('utf8'));
    const after = JSON.parse((await out(second, 'terraform.tfstate')).toString('utf8'));
    expect(first.code).toBe(0);
    expect(first.result).toMatchObject({ status: 'ok', started: true, outputs: { size: 'small' } });
    expect((await changesOf(planned)).resources[0]?.change.actions).toEqual(['update']);
    expect(second.result).toMatchObject({ status: 'ok', outputs: { size: 'large' } });
    expect(after.lineage).toBe(before.lineage);
    expect(after.serial).toBeGreaterThan(before.serial);
  });

  it('applies a plan that does what was shown, and refuses one that does something else', async () => {
    const source = {
      'main.tf': `variable "secret" {\n  default   = "hunter2-hunter2"\n  sensitive = true\n}\nresource "terraform_data" "it" { input = var.secret }\n${ROOT}`,
    };
    const shown = await plan(source);
    const digest = planDigest(await changesOf(shown));
    const other = await plan({ 'main.tf': ROOT.replace('small', 'large') });

    const honest = await applyShown(shown, source, digest);
    const forged = await applyShown(other, { 'main.tf': ROOT.replace('small', 'large') }, digest);

    expect(honest.result).toMatchObject({ status: 'ok', started: true });
    expect(forged.result).toMatchObject({ status: 'refused', started: false });
    expect(forged.result.error).toContain('is not what was shown for approval');
  });

  it('refuses a plan whose bytes are not those that were approved', async () => {
    const planned = await plan({ 'main.tf': ROOT });
    const bytes = Buffer.from(await out(planned, 'plan.tfplan'));
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;

    const applied = await apply(planned, { 'main.tf': ROOT }, { 'plan.tfplan': bytes });

    expect(applied.code).toBe(1);
    expect(applied.result).toMatchObject({ status: 'refused', started: false });
    expect(applied.result.error).toContain('not the one that was approved');
    expect(there(join(applied.dir, 'out/terraform.tfstate'))).toBe(false);
  });

  it('keeps the state of an apply that fails half way', async () => {
    const source = {
      'main.tf': `
        resource "terraform_data" "good" { input = 1 }
        resource "terraform_data" "bad" {
          depends_on = [terraform_data.good]
          provisioner "local-exec" { command = "echo it broke; exit 3" }
        }`,
    };

    const applied = await apply(await plan(source), source);

    const state = JSON.parse((await out(applied, 'terraform.tfstate')).toString('utf8'));
    expect(applied.result).toMatchObject({ status: 'failed', started: true });
    expect(applied.result.error).toContain('it broke');
    expect(state.resources.map(({ name }: { name: string }) => name)).toContain('good');
    expect(applied.code).toBe(1);
  });

  it('refuses a version other than the one that planned', async () => {
    const planned = await plan({ 'main.tf': ROOT });
    const binaries = [{ path: '/opt/other/terraform', version: '0.1.2' }];
    const job = applyJob(planned.result.planSha256 ?? '', { project: { ...planJob().project, binaries } });

    const applied = await run(
      bench,
      await prepare(bench, job, { 'main.tf': ROOT }, await planInputs(planned)),
    );

    expect(applied.result.status).toBe('refused');
    expect(applied.result.error).toMatch(/The plan was made with terraform \d.*Plan again/);
  });
});

describe('what a plan leaves', () => {
  it('travels to the apply, without .terraform/ and the override file', async () => {
    // An upstream's state is read while planning; here a file that only the plan's own run can make.
    const source = { 'main.tf': ROOT, 'lib/keep.txt': 'kept' };
    const prepared = await prepare(bench, planJob(), source, {}, join(bench.folder, 'left'));
    const terraform = join(bench.folder, 'terraform');
    const { writeFile, chmod } = await import('node:fs/promises');
    await writeFile(
      terraform,
      `#!/bin/sh\ncase "$1" in plan) mkdir -p build; echo zip > build/app.zip;; esac\nexec terraform "$@"\n`,
    );
    await chmod(terraform, 0o755);
    const job = planJob();
    const binaries = [{ path: terraform, version: '1.11.4' }];
    await writeFile(
      join(prepared.dir, 'in/job.json'),
      JSON.stringify({ ...job, project: { ...job.project, binaries } }),
    );

    const planned = await run(bench, prepared);
    const left = await untar(await out(planned, 'plan.work.tar.gz'));
    const applied = await apply(planned, source);

    expect(Object.keys(left).sort()).toEqual(['.cairn-plan.json', 'build/app.zip']);
    expect(applied.result.status).toBe('ok');
    expect(await readFile(join(applied.work, 'src/build/app.zip'), 'utf8')).toBe('zip\n');
  });
});

describe('workspaces and upstreams', () => {
  it('knows its workspace by name, also before it has a state', async () => {
    const source = { 'main.tf': 'output "where" { value = terraform.workspace }' };
    const project = { ...planJob().project, workspace: 'staging' };
    const planned = await run(bench, await prepare(bench, planJob({ project }), source));
    const job = applyJob(planned.result.planSha256 ?? '', { project });

    const applied = await run(
      bench,
      await prepare(bench, job, source, await planInputs(planned), planned.work),
    );

    expect(applied.result).toMatchObject({ status: 'ok', outputs: { where: 'staging' } });
    expect(there(join(applied.dir, 'out/terraform.tfstate'))).toBe(true);
  });

  it('reads the states it is given, and an empty one where nothing was applied yet', async () => {
    const applied = await apply(await plan({ 'main.tf': ROOT }), { 'main.tf': ROOT });
    const source = {
      'main.tf': `
        variable "cairn_state" { type = any }
        data "terraform_remote_state" "up" {
          for_each = var.cairn_state
          backend  = each.value.backend
          config   = each.value.config
        }
        output "sizes" { value = { for name, up in data.terraform_remote_state.up : name => try(up.outputs.size, "none") } }`,
    };
    const upstream = {
      'odd ${name}': { kind: 'file' as const, file: null },
      network: { kind: 'file' as const, file: 'upstream-network.tfstate' },
    };
    const job = planJob({ project: { ...planJob().project, upstream } });
    const inputs = { 'upstream-network.tfstate': await out(applied, 'terraform.tfstate') };

    const planned = await run(bench, await prepare(bench, job, source, inputs));

    expect((await changesOf(planned)).outputs['sizes']?.after).toEqual({
      network: 'small',
      'odd ${name}': 'none',
    });
  });
});
