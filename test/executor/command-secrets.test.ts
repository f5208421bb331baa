import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PlanJob } from '../../core/jobs/job.ts';
import {
  applyJob,
  type Bench,
  commandJob,
  createBench,
  out,
  planInputs,
  planJob,
  prepare,
  type Ran,
  run,
  there,
} from './support.ts';

/** What terraform itself prints in clear, although somewhere it is marked: each in a form of its own. */
const JSON_SECRET = 'hunter2-in-json';
const LIST_SECRET = 'hunter2-in-a-list';
const LINE_SECRET = 'hunter2-third-line';
const UPSTREAM_SECRET = 'hunter2-of-upstream';

const UPSTREAM = `
output "password" {
  value     = "${UPSTREAM_SECRET}"
  sensitive = true
}
output "zone" { value = "zone-of-upstream" }
`;

const ROOT = `
variable "cairn_state" { type = any }
variable "login" {
  default   = "{\\"password\\":\\"${JSON_SECRET}\\",\\"more\\":[{\\"of\\":\\"${LIST_SECRET}\\"}]}"
  sensitive = true
}
variable "key" {
  default   = "-----BEGIN-----\\nsecond-line-of-it\\n  ${LINE_SECRET}\\n"
  sensitive = true
}
data "terraform_remote_state" "network" {
  backend = var.cairn_state.network.backend
  config  = var.cairn_state.network.config
}
resource "terraform_data" "login" { input = var.login }
resource "terraform_data" "key" { input = var.key }
resource "terraform_data" "encoded" { input = base64encode(nonsensitive(var.key)) }
resource "terraform_data" "taken" {
  input = "\${data.terraform_remote_state.network.outputs.password} in \${data.terraform_remote_state.network.outputs.zone}"
}
output "taken" { value = terraform_data.taken.output }
`;

let bench: Bench;
let upstream: Buffer;
let state: Buffer;
beforeAll(async () => {
  bench = await createBench();
  upstream = await applied(UPSTREAM, planJob().project, {});
  state = await applied(ROOT, withUpstream(), { 'up.tfstate': upstream });
});
afterAll(() => bench.end());

function withUpstream(): PlanJob['project'] {
  return { ...planJob().project, upstream: { network: { kind: 'file', file: 'up.tfstate' } } };
}

let works = 0;

async function applied(
  root: string,
  project: PlanJob['project'],
  inputs: Record<string, Buffer>,
): Promise<Buffer> {
  works += 1;
  const work = join(bench.folder, `made-${works}`);
  const planned = await run(
    bench,
    await prepare(bench, planJob({ project }), { 'main.tf': root }, inputs, work),
  );
  const job = applyJob(planned.result.planSha256 ?? '', { project });
  const more = { ...inputs, ...(await planInputs(planned)) };
  return out(
    await run(bench, await prepare(bench, job, { 'main.tf': root }, more, work)),
    'terraform.tfstate',
  );
}

async function command(line: string, inputs: Record<string, Buffer>): Promise<Ran & { printed: string }> {
  const job = commandJob(line, { project: withUpstream() });
  const ran = await run(
    bench,
    await prepare(bench, job, { 'main.tf': ROOT }, { 'state.tfstate': state, ...inputs }),
  );
  const output = there(join(ran.dir, 'out/output.txt')) ? (await out(ran, 'output.txt')).toString() : '';
  return { ...ran, printed: output };
}

describe('what terraform prints in clear', () => {
  it('is hidden where it is part of a JSON text, a line of many, or encoded', async () => {
    const { printed, log, result } = await command('show', { 'up.tfstate': upstream });

    expect(result.status).toBe('ok');
    expect(printed).toContain('# terraform_data.login:');
    expect(printed).toContain('password = "(sensitive)"');
    for (const secret of [JSON_SECRET, LIST_SECRET, LINE_SECRET, 'second-line-of-it']) {
      expect(printed + log).not.toContain(secret);
      expect(printed + log).not.toContain(Buffer.from(secret).toString('base64').slice(0, 12));
    }
  });

  it.each(['show', 'state show terraform_data.taken'])(
    '%s hides what another state marks, and nothing else of that state',
    async (line) => {
      const { printed, log, result } = await command(line, { 'up.tfstate': upstream });

      expect(result.status).toBe('ok');
      expect(printed).toContain('zone-of-upstream');
      expect(printed + log).not.toContain(UPSTREAM_SECRET);
    },
  );

  it.each(['output -json', 'output -raw taken'])('%s hides it too', async (line) => {
    const { printed, log } = await command(line, { 'up.tfstate': upstream });

    expect(printed).toContain('(sensitive) in zone-of-upstream');
    expect(printed + log).not.toContain(UPSTREAM_SECRET);
  });

  it('is hidden as a whole where that state does not tell any more', async () => {
    const { printed, log } = await command('show', {});

    expect(printed).toContain('terraform_data.taken');
    expect(printed + log).not.toMatch(/hunter2-of-upstream|zone-of-upstream/);
  });
});

describe('a state that somebody writes while it is read', () => {
  const CLEAR = 'resource "terraform_data" "app" { input = "was-clear-before" }';
  const SECRET = 'hunter2-born-meanwhile';
  const ROTATED = `
variable "password" {
  default   = "${SECRET}"
  sensitive = true
}
resource "terraform_data" "app" { input = var.password }
`;

  let clear: Buffer;
  let rotated: { serial: number; resources: [{ instances: [{ attributes: { id: string } }] }] };
  beforeAll(async () => {
    const { project } = planJob();
    clear = await applied(CLEAR, project, {});
    rotated = JSON.parse((await applied(ROTATED, project, {})).toString());
  });

  /** Whoever reads it finds it written anew right before, `times` times. */
  async function reading(times: number): Promise<Ran & { printed: string }> {
    const folder = join(bench.folder, `moving-${times}`);
    mkdirSync(folder);
    const { project } = planJob();
    writeFileSync(join(folder, 'state'), clear);
    const { id } = rotated.resources[0].instances[0].attributes;
    for (let time = 1; time <= times; time += 1) {
      const next = JSON.stringify({ ...rotated, serial: rotated.serial + time });
      writeFileSync(join(folder, `next-${time}`), next.replaceAll(id, `${id}-${time}`));
    }
    const moving = join(folder, 'terraform');
    const move = `for n in 1 2 3; do if [ -e "${folder}/next-$n" ]; then mv "${folder}/next-$n" "${folder}/state"; break; fi; done`;
    writeFileSync(
      moving,
      `#!/bin/sh\nif [ "$1 $2" = "state show" ]; then ${move}; fi\nexec terraform "$@"\n`,
      {
        mode: 0o755,
      },
    );
    const source = { 'main.tf': `terraform {\n  backend "local" { path = "${folder}/state" }\n}\n${CLEAR}` };
    const own = {
      ...project,
      state: { kind: 'own' as const },
      binaries: [{ path: moving, version: 'terraform 1.11.4' }],
    };
    const ran = await run(
      bench,
      await prepare(bench, commandJob('state show terraform_data.app', { project: own }), source),
    );
    const path = join(ran.dir, 'out/output.txt');
    return { ...ran, printed: there(path) ? (await out(ran, 'output.txt')).toString() : '' };
  }

  it('is read again, and what is secret in it by then is hidden', async () => {
    const { printed, log, result } = await reading(1);

    expect(result.status).toBe('ok');
    expect(log).toContain('The state was written meanwhile');
    expect(printed).toContain('resource "terraform_data" "app"');
    expect(printed + log).not.toContain(SECRET);
  });

  it('is given up on after three times, and nothing of it is shown', async () => {
    const { printed, log, result } = await reading(3);

    expect(result).toMatchObject({ status: 'failed', error: expect.stringMatching(/Ask again/) });
    expect(printed).toBe('');
    expect(log).not.toContain(SECRET);
  });
});
