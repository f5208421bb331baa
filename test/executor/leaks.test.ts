import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  applyJob,
  type Bench,
  createBench,
  out,
  planInputs,
  planJob,
  prepare,
  type Ran,
  run,
} from './support.ts';

/** One secret for each way in. */
const VARIABLE = 'var-secret "quoted" &<>';
const ATTRIBUTE = 'attribute-secret/+plus';
const ENVIRONMENT = 'environment-secret-7';
const BORN = 'born-during-apply-';
const LINES = 'first line of key\nsecond line of key\n';

const SOURCE = {
  'main.tf': `
    variable "token" {
      type      = string
      sensitive = true
    }
    variable "key" {
      type      = string
      sensitive = true
    }
    variable "from_env" { type = string }
    locals { attribute = sensitive("${ATTRIBUTE}") }

    resource "terraform_data" "marked" {
      input = { token = var.token, attribute = local.attribute, key = var.key, env = var.from_env }
    }
    resource "terraform_data" "unmarked" {
      input = {
        base64 = nonsensitive(base64encode("x:\${var.token}"))
        url    = nonsensitive(urlencode(var.token))
        json   = nonsensitive(jsonencode({ t = var.token, k = var.key }))
        plain  = nonsensitive("pg://\${local.attribute}@host")
        lines  = nonsensitive(var.key)
        env    = base64encode(var.from_env)
      }
    }
    resource "terraform_data" "loud" {
      input = sensitive(uuid())
      provisioner "local-exec" { command = "echo ${BORN}\${nonsensitive(self.input)}; echo $SERVICE_KEY; env" }
    }
    output "token" {
      value     = var.token
      sensitive = true
    }
    output "copy" { value = nonsensitive(base64encode(var.token)) }`,
};

const VALUES = {
  TF_VAR_token: VARIABLE,
  TF_VAR_key: LINES,
  TF_VAR_from_env: ENVIRONMENT,
  SERVICE_KEY: 'service-key-42-abc',
};
const SECRETS = Object.keys(VALUES);

/** Every file that leaves the job for people to read. */
async function shownBy(ran: Ran): Promise<string> {
  const private_ = ['plan.tfplan', 'plan.work.tar.gz', 'terraform.tfstate'];
  const names = (await readdir(join(ran.dir, 'out'))).filter((name) => !private_.includes(name));
  const texts = await Promise.all(names.map(async (name) => (await out(ran, name)).toString('utf8')));
  return texts.join('\n');
}

function expectNoLeak(text: string): void {
  for (const secret of [
    VARIABLE,
    ATTRIBUTE,
    ENVIRONMENT,
    'service-key-42-abc',
    'first line of key',
    'second line of key',
  ]) {
    const encoded = Buffer.from(secret).toString('base64');
    const forms = [
      secret,
      JSON.stringify(secret).slice(1, -1),
      encodeURIComponent(secret),
      encoded.slice(0, -4),
      Buffer.from(`x:${secret}`).toString('base64').slice(4, -4),
      Buffer.from(secret).toString('hex'),
    ];
    for (const form of forms) expect(text).not.toContain(form);
  }
}

let bench: Bench;
beforeAll(async () => {
  bench = await createBench();
});
afterAll(() => bench.end());

it('shows no secret of a plan, nor of its apply, nor one that is born in it', async () => {
  const inputs = { 'secrets.json': JSON.stringify(VALUES) };
  const planned = await run(bench, await prepare(bench, planJob({ secrets: SECRETS }), SOURCE, inputs));
  const job = applyJob(planned.result.planSha256 ?? '', { secrets: SECRETS });
  const all = { ...inputs, ...(await planInputs(planned)) };
  const applied = await run(bench, await prepare(bench, job, SOURCE, all, planned.work));

  const state = JSON.parse((await out(applied, 'terraform.tfstate')).toString('utf8'));
  const loud = state.resources.find(({ name }: { name: string }) => name === 'loud');
  const born = loud.instances[0].attributes.input.value as string;
  expect(planned.result.status).toBe('ok');
  expect(applied.result.status).toBe('ok');
  expectNoLeak(await shownBy(planned));
  expectNoLeak(await shownBy(applied));
  expect(born).toMatch(/^[0-9a-f-]{36}$/);
  expect(applied.log).toContain('(local-exec): born-during-apply-(sensitive)');
  expect(await shownBy(applied)).not.toContain(born);
  expect(applied.result.outputs).toEqual({ copy: '(sensitive)' });
});

it('shows no secret in the error of a plan or of an apply that fails', async () => {
  const inputs = { 'secrets.json': JSON.stringify(VALUES) };
  const failing = {
    'main.tf': `${SOURCE['main.tf']}
    resource "terraform_data" "bad" {
      input = nonsensitive(var.token)
      lifecycle {
        precondition {
          condition     = nonsensitive(length(var.token)) > 1000
          error_message = "too short: \${nonsensitive(var.token)} \${var.from_env}"
        }
      }
    }`,
  };
  const broken = {
    'main.tf': `${SOURCE['main.tf']}
    resource "terraform_data" "bad" {
      provisioner "local-exec" { command = "echo ${ATTRIBUTE} $TF_VAR_token; exit 1" }
    }`,
  };

  const refused = await run(bench, await prepare(bench, planJob({ secrets: SECRETS }), failing, inputs));
  const planned = await run(bench, await prepare(bench, planJob({ secrets: SECRETS }), broken, inputs));
  const job = applyJob(planned.result.planSha256 ?? '', { secrets: SECRETS });
  const all = { ...inputs, ...(await planInputs(planned)) };
  const applied = await run(bench, await prepare(bench, job, broken, all, planned.work));

  expect(refused.result).toMatchObject({ status: 'failed' });
  expect(refused.result.error).toContain('too short: (sensitive)');
  expectNoLeak(await shownBy(refused));
  expect(applied.result).toMatchObject({ status: 'failed', started: true });
  expect(applied.result.error).toContain('Error running command');
  expectNoLeak(await shownBy(applied));
});
