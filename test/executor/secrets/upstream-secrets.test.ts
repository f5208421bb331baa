import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PlanJob } from '../../../core/jobs/job.ts';
import { planDigest } from '../../../core/plans/digest.ts';
import {
  applyJob,
  type Bench,
  changesOf,
  commandJob,
  createBench,
  HASH_KEY,
  out,
  planInputs,
  planJob,
  prepare,
  type Ran,
  run,
} from '../support.ts';

const PASSWORD = 'hunter2-of-upstream';
const ROTATED = 'rotated-of-upstream';
const IN_A_LIST = 'listed-of-upstream';
const IN_AN_OBJECT = 'nested-of-upstream';
const NUMBER = '987654321';
const SECRETS = [PASSWORD, ROTATED, IN_A_LIST, IN_AN_OBJECT, NUMBER];

const UPSTREAM = `
output "password" {
  value     = "${PASSWORD}"
  sensitive = true
}
output "nested" {
  value     = { list = ["${IN_A_LIST}", "short"], object = { key = "${IN_AN_OBJECT}" }, number = ${NUMBER} }
  sensitive = true
}
output "pin" {
  value     = 12345
  sensitive = true
}
output "on" {
  value     = true
  sensitive = true
}
output "host" { value = "host-of-upstream" }
`;

const READ = `
variable "cairn_state" { type = any }
data "terraform_remote_state" "up" {
  backend = var.cairn_state.up.backend
  config  = var.cairn_state.up.config
}
`;
const TAKES = `
locals { up = data.terraform_remote_state.up.outputs }
resource "terraform_data" "url" { input = "pg://root:\${local.up.password}@\${local.up.host}" }
output "password" { value = local.up.password }
output "nested" { value = local.up.nested }
output "number" { value = local.up.nested.number }
output "short" { value = [local.up.pin, local.up.on, local.up.nested.list[1]] }
output "host" { value = local.up.host }
`;
const ROOT = READ + TAKES;

const project: PlanJob['project'] = {
  ...planJob().project,
  upstream: { up: { kind: 'file', file: 'up.tfstate' } },
};

let bench: Bench;
let first: Buffer;
let rotated: Buffer;
/** What reads it, planned and applied once. */
let planned: Ran;
let digest: string;
let applied: Ran;
beforeAll(async () => {
  bench = await createBench();
  const made = await run(bench, await prepare(bench, planJob(), { 'main.tf': UPSTREAM }));
  first = await stateAfter(made);
  rotated = Buffer.from(first.toString().replaceAll(PASSWORD, ROTATED));
  planned = await plan(ROOT, { 'up.tfstate': first });
  digest = await digestOf(planned);
  applied = await apply(planned, ROOT, { 'up.tfstate': first }, digest);
});
afterAll(() => bench.end());

async function stateAfter(made: Ran): Promise<Buffer> {
  const job = applyJob(made.result.planSha256 ?? '');
  const inputs = await planInputs(made);
  const ran = await run(bench, await prepare(bench, job, { 'main.tf': UPSTREAM }, inputs, made.work));
  return out(ran, 'terraform.tfstate');
}

async function plan(root: string, inputs: Record<string, Buffer>, change: Partial<PlanJob> = {}) {
  return run(bench, await prepare(bench, planJob({ project, ...change }), { 'main.tf': root }, inputs));
}

async function digestOf(of: Ran): Promise<string> {
  return planDigest(await changesOf(of));
}

/** Applies what was planned, if it comes to that digest. */
async function apply(of: Ran, root: string, inputs: Record<string, Buffer>, approved: string) {
  const shown = { digest: approved, hashKey: HASH_KEY };
  const job = applyJob(of.result.planSha256 ?? '', { project, shown });
  const all = { ...inputs, ...(await planInputs(of)) };
  return run(bench, await prepare(bench, job, { 'main.tf': root }, all, of.work));
}

/** All that people may see of a job. */
async function shownBy(ran: Ran): Promise<string> {
  const changes = await readFile(join(ran.dir, 'out/changes.json'), 'utf8').catch(() => '');
  const output = await readFile(join(ran.dir, 'out/output.txt'), 'utf8').catch(() => '');
  return [JSON.stringify(ran.result), ran.log, changes, output].join('\n');
}

function expectHidden(text: string): void {
  for (const secret of SECRETS) {
    expect(text).not.toContain(secret);
    expect(text).not.toContain(Buffer.from(secret).toString('base64').slice(0, 8));
  }
}

describe('what the state of another project marks sensitive', () => {
  it('is in no plan, no log and no output of a project that reads it; the rest of that state is', async () => {
    const changes = await changesOf(planned);

    expectHidden(await shownBy(planned));
    expectHidden(await shownBy(applied));
    expect(planned.log).toContain('"pg://root:(sensitive)@host-of-upstream"');
    expect(changes.resources[0]?.change.after).toMatchObject({
      input: { $sensitive: expect.any(String), text: 'pg://root:(sensitive)@host-of-upstream' },
    });
    expect(changes.outputs['number']?.after).toEqual({ $sensitive: expect.any(String) });
    expect(applied.result).toMatchObject({
      status: 'ok',
      outputs: {
        host: 'host-of-upstream',
        password: '(sensitive)',
        nested: { list: ['(sensitive)', 'short'], object: { key: '(sensitive)' }, number: '(sensitive)' },
        number: '(sensitive)',
      },
    });
  });

  it('is shown where it is shorter than six characters, true or false: these stand in every text', async () => {
    const changes = await changesOf(planned);

    expect(changes.outputs['short']?.after).toEqual([12345, true, 'short']);
  });

  it('does not refuse a plan that was approved, whatever that state tells by then', async () => {
    const again = await plan(ROOT, { 'up.tfstate': first });

    const gone = await apply(again, ROOT, {}, digest);

    expect(await digestOf(again)).toBe(digest);
    expect(gone.result).toMatchObject({ status: 'ok', started: true });
    expectHidden(await shownBy(gone));
  });

  it('makes another digest when it changes, also where it is but a part of a text', async () => {
    const root = `${READ}resource "terraform_data" "url" { input = "pg://root:\${data.terraform_remote_state.up.outputs.password}@db" }`;
    const one = await plan(root, { 'up.tfstate': first });
    const other = await plan(root, { 'up.tfstate': rotated });

    const refused = await apply(other, root, { 'up.tfstate': rotated }, await digestOf(one));

    expect(refused.result).toMatchObject({ status: 'refused', started: false });
    expectHidden(await shownBy(refused));
  });

  it('is hidden as it was, too: where it changed since, and where it is read no more', async () => {
    const state = { 'state.tfstate': await out(applied, 'terraform.tfstate'), 'up.tfstate': rotated };
    const alone = { project: { ...project, upstream: {} } };

    const all = await Promise.all([
      plan(ROOT, state),
      plan('resource "terraform_data" "url" { input = "none" }', state, alone),
      plan(ROOT, state, { destroy: true }),
    ]);

    expect(all.map(({ result }) => [result.status, result.empty])).toEqual(Array(3).fill(['ok', false]));
    expect(all[0].log).toContain('pg://root:(sensitive)@host-of-upstream');
    for (const ran of all) expectHidden(await shownBy(ran));
  });

  it('is hidden in what terraform says of a plan that fails, and of an apply', async () => {
    const refusing = `${ROOT}
resource "terraform_data" "bad" {
  lifecycle {
    precondition {
      condition     = length(local.up.password) > 1000
      error_message = "too short: \${local.up.password}"
    }
  }
}`;
    const broken = `${ROOT}
resource "terraform_data" "bad" {
  provisioner "local-exec" { command = "echo said \${local.up.password}; exit 1" }
}`;

    const [unplanned, fine] = await Promise.all([
      plan(refusing, { 'up.tfstate': first }),
      plan(broken, { 'up.tfstate': first }),
    ]);
    const failed = await apply(fine, broken, { 'up.tfstate': first }, await digestOf(fine));

    expect(unplanned.result.error).toContain('too short: (sensitive)');
    expect(failed.result).toMatchObject({ status: 'failed', started: true });
    expect(failed.log).toContain('said (sensitive)');
    expectHidden((await shownBy(unplanned)) + (await shownBy(failed)));
  });

  it('is hidden where it is read in the apply itself', async () => {
    const late = `${READ.replace('config  =', 'depends_on = [terraform_data.before]\n  config  =')}
resource "terraform_data" "before" {}
output "password" { value = data.terraform_remote_state.up.outputs.password }
output "host" { value = data.terraform_remote_state.up.outputs.host }`;
    const before = await plan(late, { 'up.tfstate': first });

    const read = await apply(before, late, { 'up.tfstate': first }, await digestOf(before));

    expect((await changesOf(before)).outputs['password']).toMatchObject({ after_unknown: true });
    expect(read.result.outputs).toEqual({ host: 'host-of-upstream', password: '(sensitive)' });
    expectHidden(await shownBy(read));
  });

  it('is hidden in the address of what is made for it, and in the list of what stands', async () => {
    const keyed = `${READ}resource "terraform_data" "for" { for_each = toset([data.terraform_remote_state.up.outputs.password]) }`;
    const before = await plan(keyed, { 'up.tfstate': first });
    const made = await apply(before, keyed, { 'up.tfstate': first }, await digestOf(before));
    const state = { 'state.tfstate': await out(made, 'terraform.tfstate'), 'up.tfstate': rotated };

    const listed = await run(
      bench,
      await prepare(bench, commandJob('state list', { project }), { 'main.tf': keyed }, state),
    );

    expect(await shownBy(listed)).toContain('terraform_data.for["(sensitive)"]');
    for (const ran of [before, made, listed]) expectHidden(await shownBy(ran));
  });
});

describe('a state behind a backend of its own', () => {
  it('tells what was read when it was applied last', async () => {
    const folder = join(bench.folder, 'former');
    await mkdir(folder);
    await writeFile(join(folder, 'state'), await out(applied, 'terraform.tfstate'));
    const root = `terraform {\n  backend "local" { path = "${folder}/state" }\n}\n${ROOT}`;
    const own = { project: { ...project, state: { kind: 'own' as const } } };

    const changed = await plan(root, { 'up.tfstate': rotated }, own);

    expect(changed.result).toMatchObject({ status: 'ok', empty: false });
    expect(changed.log).toContain('pg://root:(sensitive)@host-of-upstream');
    expectHidden(await shownBy(changed));
  });

  it('is asked what it marks; if it does not tell, all that came from it is hidden', async () => {
    const folder = join(bench.folder, 'own');
    await mkdir(join(folder, 'blue'), { recursive: true });
    await writeFile(join(folder, 'blue/terraform.tfstate'), first);
    const root = `
data "terraform_remote_state" "up" {
  backend   = "local"
  workspace = "blue"
  config    = { path = "${folder}/up.tfstate", workspace_dir = "${folder}" }
}
${TAKES}`;

    const before = await plan(root, {}, { project: { ...project, upstream: {} } });
    await rm(join(folder, 'blue'), { recursive: true });
    const after = await apply(before, root, {}, await digestOf(before));

    expect(before.log).toContain('host-of-upstream');
    expect(after.result).toMatchObject({ status: 'ok', outputs: { host: '(sensitive)' } });
    expectHidden((await shownBy(before)) + (await shownBy(after)));
  });

  it('has nothing to hide of a default that the configuration says in its place, now or when it was applied', async () => {
    const empty = { ...JSON.parse(first.toString()), outputs: {}, resources: [] };
    const inputs = { 'up.tfstate': Buffer.from(JSON.stringify(empty)) };
    const root = (port: string) => `
${READ.replace('config  =', 'defaults = { zone = "central-1", password = "any-password" }\n  config  =')}
output "zone" { value = "\${data.terraform_remote_state.up.outputs.zone}${port}" }
output "password" { value = data.terraform_remote_state.up.outputs.password }`;

    const before = await plan(root(':80'), inputs);
    const after = await apply(before, root(':80'), inputs, await digestOf(before));
    const own = { 'state.tfstate': await out(after, 'terraform.tfstate') };
    const gone = await plan('output "other" { value = 1 }', { ...inputs, ...own });
    const there = await plan(root(':80'), { 'up.tfstate': first });

    expect(before.log).toContain('central-1:80');
    expect(after.result.outputs).toEqual({ zone: 'central-1:80', password: 'any-password' });
    expect(gone.log).toContain('central-1:80');
    expectHidden(await shownBy(there));
  });
});
