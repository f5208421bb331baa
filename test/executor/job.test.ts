import { execFileSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  applyJob,
  type Bench,
  buildJob,
  createBench,
  filesOf,
  finish,
  out,
  planInputs,
  planJob,
  prepare,
  run,
  start,
  tarGz,
  there,
  until,
} from './support.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await createBench();
});
afterAll(() => bench.end());

const SLOW = {
  'main.tf': `
    resource "terraform_data" "done" { input = 1 }
    resource "terraform_data" "slow" {
      depends_on = [terraform_data.done]
      provisioner "local-exec" { command = "sleep 30" }
    }`,
};

async function slowApply(timeout: number) {
  const planned = await run(bench, await prepare(bench, planJob(), SLOW));
  const job = applyJob(planned.result.planSha256 ?? '', { timeout });
  return prepare(bench, job, SLOW, await planInputs(planned), planned.work);
}

describe('interrupted', () => {
  it('hands SIGTERM on to terraform, and the state is written', async () => {
    const prepared = await slowApply(60);
    const child = start(bench, prepared);
    const log = join(prepared.dir, 'out/log.txt');
    await until(
      'the slow part',
      async () => there(log) && (await readFile(log, 'utf8')).includes("Provisioning with 'local-exec'"),
    );

    child.kill('SIGTERM');
    const ran = await finish(child, prepared);

    const state = JSON.parse((await out(ran, 'terraform.tfstate')).toString('utf8'));
    expect(ran.code).toBe(1);
    expect(ran.result).toMatchObject({ status: 'interrupted', started: true });
    expect(ran.result.error).toContain('told to stop');
    expect(state.resources.map(({ name }: { name: string }) => name)).toContain('done');
  });

  it('does the same when its time is over', async () => {
    // By then terraform is to have begun.
    const prepared = await slowApply(8);

    const ran = await run(bench, prepared);

    expect(ran.result).toMatchObject({ status: 'interrupted', started: true });
    expect(ran.result.error).toContain('longer than its 8 s');
    expect(there(join(ran.dir, 'out/terraform.tfstate'))).toBe(true);
  });
});

describe('refused and failed', () => {
  it.each([
    ['is broken', '{"version":1', 'cannot be read'],
    ['is of another version', { ...planJob(), version: 2 }, 'version 2 is not 1'],
    ['is of an unknown kind', { ...planJob(), kind: 'dance' }, 'kind "dance" is unknown'],
    ['is no object', 'null', 'not an object'],
  ])('says so when job.json %s', async (_what, job, message) => {
    const ran = await run(bench, await prepare(bench, job, {}));

    expect(ran.code).toBe(1);
    expect(ran.result.status).toBe('failed');
    expect(ran.result.error).toContain(message);
  });

  it.each([
    ['a directory that is not there', { dir: 'missing' }, 'missing is not in this commit'],
    ['a directory out of the checkout', { dir: '../..' }, 'leads out of the checkout'],
    ['a workspace that is a path', { workspace: '../x' }, 'cannot be the name of a workspace'],
  ])('refuses %s', async (_what, change, message) => {
    const ran = await run(
      bench,
      await prepare(bench, planJob({ project: { ...planJob().project, ...change } }), { 'a.tf': '' }),
    );

    expect(ran.code).toBe(1);
    expect(ran.result).toMatchObject({ status: 'refused', error: expect.stringContaining(message) });
  });

  it('refuses a link out of the checkout', async () => {
    const source = await tarGz([
      ...filesOf({ 'main.tf': '' }),
      { name: 'x', type: 'symlink', linkname: '../../..' },
    ]);

    const ran = await run(bench, await prepare(bench, planJob(), source));

    expect(ran.result).toMatchObject({
      status: 'refused',
      error: expect.stringContaining('the link x leads to'),
    });
  });

  it('refuses a version that no binary has', async () => {
    const ran = await run(
      bench,
      await prepare(bench, planJob(), { 'main.tf': 'terraform { required_version = "> 99" }' }),
    );

    expect(ran.result.status).toBe('refused');
    expect(ran.result.error).toMatch(/main\.tf asks for "> 99", this host offers terraform \d/);
  });

  it('misses a secret that has no value', async () => {
    const ran = await run(bench, await prepare(bench, planJob({ secrets: ['TF_VAR_x'] }), {}));

    expect(ran.result).toMatchObject({
      status: 'failed',
      error: expect.stringContaining('TF_VAR_x has no value'),
    });
  });

  it('runs once: a second process for the same folder ends at once', async () => {
    const prepared = await prepare(bench, buildJob(['true']), {});
    const first = await run(bench, prepared);
    writeFileSync(join(prepared.dir, 'out/result.json'), '"untouched"');

    const second = start(bench, prepared);
    const code = await new Promise((resolve) => second.once('exit', resolve));

    expect(first.code).toBe(0);
    expect(code).toBe(1);
    expect((await out(prepared, 'result.json')).toString()).toBe('"untouched"');
  });
});

describe('a full disk', () => {
  const disk = () => join(bench.folder, 'disk');
  let mounted = false;
  beforeAll(async () => {
    await mkdir(disk());
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=400k', 'tmpfs', disk()], { stdio: 'ignore' });
      mounted = true;
    } catch {
      mounted = false;
    }
  });
  afterAll(() => {
    if (mounted) execFileSync('umount', ['-l', disk()]);
  });

  it('leaves a result that agrees with the exit code', async ({ skip }) => {
    if (!mounted) skip();
    const prepared = await prepare(bench, buildJob(['sh', '-c', 'cat /dev/zero > "$HOME/fill"; exit 0']), {
      'a.txt': 'a',
    });
    execFileSync('cp', ['-r', prepared.dir, join(disk(), 'job')]);
    const on = { dir: join(disk(), 'job'), work: join(disk(), 'work') };

    const ran = await run(bench, on);

    expect(ran.result.status === 'ok').toBe(ran.code === 0);
    expect(readdirSync(join(on.dir, 'out'))).toContain('result.json');
  });

  it('is told as what it is when there is no place to work', async ({ skip }) => {
    if (!mounted) skip();
    const prepared = await prepare(bench, planJob(), { 'main.tf': `# ${'x'.repeat(900_000)}` });
    execFileSync('rm', ['-rf', join(disk(), 'work')]);

    const ran = await run(bench, { dir: prepared.dir, work: join(disk(), 'work') });

    expect(ran.code).toBe(1);
    expect(ran.result).toMatchObject({
      status: 'failed',
      error: expect.stringContaining('disk of the job host is full'),
    });
  });
});

describe('where a root keeps its state', () => {
  it('takes the place of a backend block with an absolute path, and reads only a locked provider', async () => {
    const source = {
      'main.tf':
        'terraform {\n  backend "http" {\n    address = "http://127.0.0.1:9/"\n  }\n}\noutput "a" { value = 1 }',
      '.terraform.lock.hcl': '# empty\n',
    };

    const ran = await run(bench, await prepare(bench, planJob(), source));

    const override = join(ran.work, 'src/cairn_backend_override.tf');
    expect(ran.result.status).toBe('ok');
    expect(there(override)).toBe(true);
  });

  it('leaves the backend of a root that has its own', async () => {
    const state = join(bench.folder, 'own.tfstate');
    const source = {
      'main.tf': `terraform {\n  backend "local" {\n    path = "${state}"\n  }\n}\noutput "a" { value = 1 }`,
    };
    const project = { ...planJob().project, state: { kind: 'own' as const } };
    const planned = await run(bench, await prepare(bench, planJob({ project }), source));
    const job = applyJob(planned.result.planSha256 ?? '', { project });

    const applied = await run(
      bench,
      await prepare(bench, job, source, await planInputs(planned), planned.work),
    );

    expect(applied.result.status).toBe('ok');
    expect(there(state)).toBe(true);
    expect(there(join(applied.dir, 'out/terraform.tfstate'))).toBe(false);
  });

  it('pushes the state that an apply before could not write', async () => {
    const state = join(bench.folder, 'pushed.tfstate');
    const source = {
      'main.tf': `terraform {\n  backend "local" {\n    path = "${state}"\n  }\n}\noutput "a" { value = 1 }`,
    };
    const project = { ...planJob().project, state: { kind: 'own' as const } };
    const errored = {
      version: 4,
      terraform_version: '1.5.0',
      serial: 3,
      lineage: 'l-1',
      outputs: { a: { value: 1, type: 'number' } },
      resources: [],
    };

    const ran = await run(
      bench,
      await prepare(bench, planJob({ project }), source, { 'errored.tfstate': JSON.stringify(errored) }),
    );

    expect(ran.result).toMatchObject({ status: 'ok', empty: true });
    expect(there(join(ran.dir, 'out/pushed'))).toBe(true);
  });
});
