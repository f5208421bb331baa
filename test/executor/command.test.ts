import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TerraformJob } from '../../core/jobs/job.ts';
import {
  applyJob,
  type Bench,
  commandJob,
  createBench,
  finish,
  out,
  planInputs,
  planJob,
  prepare,
  type Ran,
  run,
  start,
  there,
  until,
} from './support.ts';

const SECRET = 'hunter2-of-the-state';

const ROOT = `
variable "password" {
  default   = "${SECRET}"
  sensitive = true
}
resource "terraform_data" "app" { input = "hello" }
resource "terraform_data" "db" { input = var.password }
output "size" { value = terraform_data.app.output }
output "list" { value = ["a", "b"] }
output "password" {
  value     = terraform_data.db.output
  sensitive = true
}
# Marked here no more, and the same value all the same.
output "leak" { value = nonsensitive(terraform_data.db.input) }
`;

let bench: Bench;
let state: Buffer;
beforeAll(async () => {
  bench = await createBench();
  const work = join(bench.folder, 'first');
  const planned = await run(bench, await prepare(bench, planJob(), { 'main.tf': ROOT }, {}, work));
  const job = applyJob(planned.result.planSha256 ?? '');
  const applied = await run(
    bench,
    await prepare(bench, job, { 'main.tf': ROOT }, await planInputs(planned), work),
  );
  state = await out(applied, 'terraform.tfstate');
});
afterAll(() => bench.end());

type Told = Ran & { output: string };

async function command(line: string, change: Partial<TerraformJob> = {}, source = ROOT): Promise<Told> {
  const job = commandJob(line, change);
  const ran = await run(bench, await prepare(bench, job, { 'main.tf': source }, { 'state.tfstate': state }));
  const output = there(join(ran.dir, 'out/output.txt')) ? (await out(ran, 'output.txt')).toString() : '';
  return { ...ran, output };
}

const writing = { writes: true, fence: 1, id: 'write-1' };

describe('a command that reads', () => {
  it('prints what terraform prints, and leaves no state behind', async () => {
    const told = await command('state list');

    expect(told.result).toMatchObject({ status: 'ok', started: false });
    expect(told.output).toBe('terraform_data.app\nterraform_data.db\n');
    expect(told.log).toContain('Running terraform state list.');
    expect(there(join(told.dir, 'out/terraform.tfstate'))).toBe(false);
  });

  it.each([
    'show',
    'state show terraform_data.db',
    'output',
    'output -raw leak',
    'graph',
    'providers',
    'validate -json',
    'version',
  ])('%s shows nothing that is sensitive', async (line) => {
    const told = await command(line);

    expect(told.result.status).toBe('ok');
    expect(told.output).not.toBe('');
    expect(told.output + told.log).not.toContain(SECRET);
  });

  it('prints outputs in the form that is asked for, without those that are marked', async () => {
    const [all, json, one, raw, list] = await Promise.all(
      ['output', 'output -json', 'output size', 'output -raw size', 'output -json list'].map((line) =>
        command(line),
      ),
    );

    expect(all?.output).toContain('password = <sensitive>');
    expect(Object.keys(JSON.parse(json?.output ?? ''))).toEqual(['leak', 'list', 'size']);
    expect(JSON.parse(json?.output ?? '').size).toEqual({ sensitive: false, type: 'string', value: 'hello' });
    expect(one?.output).toBe('"hello"\n');
    expect(raw?.output).toBe('hello');
    expect(JSON.parse(list?.output ?? '')).toEqual(['a', 'b']);
  });

  it.each(['output password', 'output -raw password', 'output -json password'])(
    '%s is refused, and says why',
    async (line) => {
      const told = await command(line);

      expect(told.result).toMatchObject({
        status: 'refused',
        error: expect.stringMatching(/"password" is marked sensitive: it is never shown/),
      });
      expect(told.output + told.log).not.toContain(SECRET);
    },
  );

  it('that terraform refuses says so, in the output and in the result', async () => {
    const told = await command('state show terraform_data.nope');

    expect(told.code).toBe(1);
    expect(told.result.status).toBe('failed');
    expect(told.result.error).toMatch(/^terraform state show terraform_data.nope ended with code 1/);
    expect(told.output).toContain('No instance found for the given address');
  });

  it.each([
    ['show -json', /with `-json` it would print/],
    ['state pull', /prints the secrets/],
    ['state list -state=/etc/passwd', /not run with/],
    ['console', /secrets/],
    ['destroy -auto-approve', /does not run/],
    ['taint terraform_data.app', /was ordered as a command that reads/],
  ])('%s is not run, whoever ordered it', async (line, why) => {
    const told = await command(line);

    expect(told.result).toMatchObject({ status: 'refused', error: expect.stringMatching(why) });
    expect(told.log).not.toContain('Initializing');
  });

  it('is not run where the state cannot be read', async () => {
    const broken = join(bench.folder, 'broken-terraform');
    writeFileSync(broken, '#!/bin/sh\n[ "$1" = show ] && exit 1\nexec terraform "$@"\n', { mode: 0o755 });
    const project = { ...planJob().project, binaries: [{ path: broken, version: 'terraform 1.11.4' }] };
    const job = commandJob('state list', { project });

    const ran = await run(bench, await prepare(bench, job, { 'main.tf': ROOT }, { 'state.tfstate': state }));

    expect(ran.result).toMatchObject({ status: 'failed', error: expect.stringMatching(/cannot be read/) });
    expect(there(join(ran.dir, 'out/output.txt'))).toBe(false);
  });

  it('that prints more than 10 MB is cut, and says by how much', async () => {
    const kept = JSON.parse(state.toString());
    kept.outputs.big = { type: 'string', value: '0123456789ab'.repeat(1024 * 1024) };
    const inputs = { 'state.tfstate': JSON.stringify(kept) };

    const ran = await run(
      bench,
      await prepare(bench, commandJob('output -raw big'), { 'main.tf': ROOT }, inputs),
    );

    const bytes = await out(ran, 'output.txt');
    expect(ran.result.status).toBe('ok');
    expect(bytes.length).toBeLessThan(10.1 * 1024 * 1024);
    expect(bytes.subarray(-40).toString()).toContain(`… cut: ${2 * 1024 * 1024} more bytes`);
    expect(ran.log).toContain('It printed 12582912 bytes');
  });
});

describe('a command that writes', () => {
  it('leaves the state, as an apply does', async () => {
    const told = await command('state mv terraform_data.app terraform_data.web', writing);

    const left = JSON.parse((await out(told, 'terraform.tfstate')).toString());
    expect(told.result).toMatchObject({ status: 'ok', started: true });
    expect(told.output).toContain('Successfully moved 1 object(s).');
    expect(left.resources.map(({ name }: { name: string }) => name)).toEqual(['db', 'web']);
    expect(there(join(told.dir, 'out/applying'))).toBe(true);
  });

  it('takes things out of the state, marks them and brings them in', async () => {
    const [gone, tainted, imported] = await Promise.all([
      command('state rm terraform_data.app', writing),
      command('taint terraform_data.app', writing),
      command('import terraform_data.new some-id', writing, `${ROOT}\nresource "terraform_data" "new" {}\n`),
    ]);

    const stateOf = async (ran: Ran) => JSON.parse((await out(ran, 'terraform.tfstate')).toString());
    expect((await stateOf(gone)).resources).toHaveLength(1);
    expect((await stateOf(tainted)).resources[0].instances[0].status).toBe('tainted');
    expect((await stateOf(imported)).resources).toHaveLength(3);
    expect(imported.output).toContain('Import successful!');
    expect(imported.output + imported.log).not.toContain(SECRET);
  });

  it('that terraform refuses leaves the state as it was', async () => {
    const told = await command('state rm terraform_data.nope', writing);

    const left = await out(told, 'terraform.tfstate');
    expect(told.result).toMatchObject({ status: 'failed', started: true });
    expect(told.output).toContain('Invalid target address');
    expect(createHash('sha256').update(left).digest('hex')).toBe(
      createHash('sha256').update(state).digest('hex'),
    );
  });

  it('is not run if it was ordered as one that writes, and is none', async () => {
    const told = await command('state list', writing);

    expect(told.result).toMatchObject({ status: 'refused', started: false });
  });

  it('that is told to stop has begun, and its state is kept', async () => {
    const slow = join(bench.folder, 'slow-terraform');
    writeFileSync(
      slow,
      `#!/bin/sh\ncase "$1 $2" in "state rm") trap 'exit 1' INT; echo begun >> "$HOME/../begun"; while :; do sleep 0.05; done;; esac\nexec terraform "$@"\n`,
      { mode: 0o755 },
    );
    const project = { ...planJob().project, binaries: [{ path: slow, version: 'terraform 1.11.4' }] };
    const job = commandJob('state rm terraform_data.app', { ...writing, project });
    const prepared = await prepare(bench, job, { 'main.tf': ROOT }, { 'state.tfstate': state });

    const child = start(bench, prepared);
    await until('it has begun', () => there(join(prepared.work, 'begun')));
    child.kill('SIGTERM');
    const ran = await finish(child, prepared);

    expect(ran.result).toMatchObject({ status: 'interrupted', started: true });
    expect((await out(ran, 'terraform.tfstate')).equals(state)).toBe(true);
  });
});
