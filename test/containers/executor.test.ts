import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import type { JobOrder } from '../../core/jobs/order.ts';
import { buildContext } from '../../scripts/build.ts';
import {
  applyOf,
  type Cloud,
  createCloud,
  emptied,
  finish,
  orderOf,
  planOf,
  type Ran,
  STATES,
  type Started,
  stateAt,
  storeOrder,
  variablesOf,
  watched,
} from '../executor/aws/support.ts';
import { until, verifyJob } from '../executor/support.ts';
import { NO_MOTO } from '../support/aws/moto.ts';
import { BASE, NO_PODMAN, openPodman, type Podman } from '../support/containers.ts';

const MISSING = NO_PODMAN ?? NO_MOTO ?? noTerraform();
const IMAGE = 'localhost/cairn-executor';
const STATE = 'acme/infra/prod/app/terraform.tfstate';
const ROOT = {
  'main.tf':
    'resource "terraform_data" "app" { input = "v1" }\noutput "app" { value = terraform_data.app.output }\n',
};
const SLOW = {
  'main.tf': `
resource "terraform_data" "done" { input = 1 }
resource "terraform_data" "slow" {
  depends_on = [terraform_data.done]
  provisioner "local-exec" { command = "sleep 60" }
}`,
};

function noTerraform(): string | null {
  try {
    terraform();
    return null;
  } catch {
    return 'terraform is not on the PATH';
  }
}

function terraform(): { path: string; version: string } {
  const path = execFileSync('sh', ['-c', 'command -v terraform'], { encoding: 'utf8' }).trim();
  const said = execFileSync(path, ['version', '-json'], {
    encoding: 'utf8',
    env: { CHECKPOINT_DISABLE: '1' },
  });
  return { path, version: (JSON.parse(said) as { terraform_version: string }).terraform_version };
}

describe.skipIf(MISSING)(`the executor's image${MISSING ? ` (skipped: ${MISSING})` : ''}`, () => {
  let podman: Podman;
  let cloud: Cloud;
  let version: string;

  beforeAll(async () => {
    podman = openPodman(inject('podman'));
    cloud = await createCloud();
    const context = join(podman.folder, 'executor');
    await cp(await buildContext('executor'), context, { recursive: true });
    await mkdir(join(context, 'binaries'));
    const host = terraform();
    version = host.version;
    await cp(host.path, join(context, 'binaries', `terraform-${version}`), { dereference: true });
    const args = ['--build-arg', `BASE=${BASE}`, '--build-arg', `TERRAFORM_VERSIONS=${version}`];
    await podman.run(['build', ...args, '--tag', IMAGE, context]);
  });
  afterAll(() => cloud?.end());
  beforeEach(() => emptied(cloud));

  /** As on Fargate: nothing but volumes can be written, no capability is left, volumes are empty and new. */
  const LOCKED = [
    '--read-only',
    '--read-only-tmpfs=false',
    '--cap-drop=ALL',
    '--security-opt=no-new-privileges',
  ];

  function launch(order: JobOrder, more: readonly string[] = []): Started & { name: string } {
    const name = `job-${randomBytes(6).toString('hex')}`;
    const variables = Object.entries({ ...variablesOf(cloud, order), AWS_BATCH_JOB_ID: name });
    const env = variables.flatMap(([key, value]) => ['--env', `${key}=${value}`]);
    const child = podman.start(['run', '--rm', '--name', name, ...LOCKED, ...more, ...env, IMAGE]);
    return { ...watched(order, child), name };
  }

  async function run(
    order: JobOrder,
    source: Record<string, string>,
    more: readonly string[] = [],
  ): Promise<Ran> {
    await storeOrder(cloud, order, source);
    return finish(cloud, launch(order, more));
  }

  it('plans and applies, where only volumes can be written', async () => {
    const planned = await run(planOf(1), ROOT);
    const applied = await run(applyOf(1, planned), ROOT);

    expect(planned.result).toMatchObject({ status: 'ok', terraform: { binary: 'terraform', version } });
    expect(applied).toMatchObject({ code: 0, result: { status: 'ok', outputs: { app: 'v1' } } });
    expect((await stateAt(cloud, STATE))?.outputs['app']?.value).toBe('v1');
  });

  it('works in memory as well', async () => {
    const memory = ['/cairn/job', '/cairn/work', '/tmp'].flatMap((folder) => [
      '--tmpfs',
      `${folder}:rw,exec,mode=1777`,
    ]);

    const planned = await run(planOf(1), ROOT, memory);

    expect(planned.result?.status).toBe('ok');
  });

  it('is nobody that could do more than run', async () => {
    const script = [
      'id -u',
      'grep CapEff /proc/self/status',
      'touch /opt/cairn/x 2>&1',
      'touch /etc/x 2>&1',
      'ls /opt/cairn',
      'git --version',
      'node --version',
      'false',
    ].join('; ');
    const check = { kind: 'command' as const, command: ['sh', '-c', script], dir: '.' };
    const order = orderOf(verifyJob(check), 'verify', { state: null });

    const checked = await run(order, ROOT);

    const said = checked.output;
    expect(said).toMatch(/^1000$/m);
    expect(said).toMatch(/CapEff:\s+0000000000000000/);
    expect(said.match(/Read-only file system|Permission denied/g)).toHaveLength(2);
    expect(said).toMatch(/^binaries\nfargate\.mjs\nmirror$/m);
    expect(said).toMatch(/git version/);
    expect(said).toMatch(/^v24\./m);
  });

  it('names the versions that it has to a project that needs another', async () => {
    const planned = await run(planOf(1), { 'main.tf': 'terraform { required_version = "1.9.8" }' });

    expect(planned.result).toMatchObject({ status: 'refused' });
    expect(planned.result?.error).toContain(`asks for "1.9.8", this host offers terraform ${version}`);
  });

  it('leaves no lock and a saved state when it is stopped in the middle of an apply', async () => {
    const planned = await run(planOf(1), SLOW);
    const order = applyOf(1, planned);
    await storeOrder(cloud, order, SLOW);
    const job = launch(order);
    await until('the slow part', () => job.output().includes("Provisioning with 'local-exec'"), 60_000);

    const before = Date.now();
    await podman.run(['kill', '--signal', 'TERM', job.name]);
    const applied = await finish(cloud, job);

    expect(applied).toMatchObject({ code: 1, result: { status: 'interrupted', started: true } });
    expect((await stateAt(cloud, STATE))?.resources.map(({ name }) => name)).toContain('done');
    expect(await cloud.keys(STATES)).toEqual([STATE]);
    expect(Date.now() - before).toBeLessThan(60_000);
  });

  it('leaves nothing of a check that is stopped', async () => {
    const check = { kind: 'http', url: 'http://127.0.0.1:9/' } as const;
    const order = orderOf(verifyJob(check, { attempts: 50, interval: 1 }), 'verify', {
      state: null,
      inputs: {},
    });
    await storeOrder(cloud, order, ROOT);
    const job = launch(order);
    await until('the first attempt', () => job.output().includes('Attempt 1 of 50'), 60_000);

    await podman.run(['kill', '--signal', 'TERM', job.name]);
    const stopped = await finish(cloud, job);

    expect(stopped).toMatchObject({ code: 1, result: null });
  });

  it('is as large as its parts', async () => {
    const size = async (image: string) =>
      Number(await podman.run(['image', 'inspect', '--format', '{{.Size}}', image]));

    const own = (await size(IMAGE)) - (await size(BASE));

    console.log(
      `The executor's image adds ${Math.round(own / 1_000_000)} MB to its base, terraform included.`,
    );
    expect(own).toBeLessThan(150_000_000);
  });
});
