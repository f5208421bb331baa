import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readState } from '../../../local/jobs/states.ts';
import { buildJob, until } from '../../executor/support.ts';
import { PATIENTLY } from '../../support/until.ts';
import { applyOrder, createHost, type Host, orderOf, planOrder, putSource, textOf } from './support.ts';

const ROOT = `
variable "size" { default = "small" }
resource "terraform_data" "app" { input = var.size }
output "size" { value = terraform_data.app.output }
`;

let host: Host;
beforeAll(async () => {
  host = await createHost();
  await putSource(host.artifacts, { 'main.tf': ROOT });
});
afterAll(() => host.end());

async function deploy(key: string, source: string) {
  const inputs = { 'source.tar.gz': source };
  const plan = planOrder({ inputs });
  const planned = await host.jobs.run(plan, `${key}/plan`);
  const order = applyOrder(plan, planned.planSha256 ?? '', { claim: `claims/${key}` });
  const applied = await host.jobs.run(order, `${key}/apply`);
  return { plan, planned, order, applied };
}

describe('run', () => {
  it('plans and applies, keeps the state and its former version, and leaves nothing behind', async () => {
    const large = await putSource(
      host.artifacts,
      { 'main.tf': ROOT.replace('small', 'large') },
      'large.tar.gz',
    );

    const first = await deploy('first', 'source.tar.gz');
    const second = await deploy('second', large);

    const state = JSON.parse(
      Buffer.from((await readState(host.jobs.states, 'acme/infra/prod/app')) ?? '').toString(),
    );
    const versions = await readdir(join(host.jobs.states, 'acme/infra/prod/app'));
    expect(first.applied).toMatchObject({ status: 'ok', started: true, outputs: { size: 'small' } });
    expect(second.planned.empty).toBe(false);
    expect(second.applied).toMatchObject({ status: 'ok', outputs: { size: 'large' } });
    expect(state.outputs.size.value).toBe('large');
    expect(versions.sort()).toEqual(['1.tfstate', 'current.tfstate']);
    expect(
      JSON.parse(await textOf(host.artifacts, `${second.plan.prefix}/out/changes.json`)).resources,
    ).toHaveLength(1);
    expect(await host.jobs.port.log(second.order.prefix, 0)).toContain('Apply complete!');
    for (const name of ['jobs', 'work']) expect(await readdir(join(host.jobs.root, name))).toEqual([]);
    await expect.poll(() => readdir(join(host.jobs.root, 'trash')), PATIENTLY).toEqual([]);
  });

  it('answers a key that has ended with its result, and does not run it again', async () => {
    const { order, applied } = await deploy('once', 'source.tar.gz');

    const again = await host.jobs.run(order, 'once/apply');

    expect(again).toEqual(applied);
  });

  it('refuses an apply that another job has claimed', async () => {
    const { order } = await deploy('claimed', 'source.tar.gz');

    const other = await host.jobs.run({ ...order, prefix: 'runs/run-1/jobs/other' }, 'another key');

    expect(other).toMatchObject({ status: 'duplicate', started: false });
  });

  it('hands secrets to terraform alone', async () => {
    const source = await putSource(
      host.artifacts,
      {
        'main.tf':
          'variable "token" {}\noutput "length" { value = length(var.token) }\noutput "t" { value = var.token }',
      },
      'secret.tar.gz',
    );
    const order = planOrder(
      { inputs: { 'source.tar.gz': source }, secrets: { TF_VAR_token: 'vault/token' } },
      { secrets: ['TF_VAR_token'] },
    );

    const result = await host.jobs.run(order, 'secret');

    const changes = await textOf(host.artifacts, `${order.prefix}/out/changes.json`);
    expect(result.status).toBe('ok');
    expect(JSON.parse(changes).outputs.length.after).toBe('value of vault/token'.length);
    expect(changes + (await host.jobs.port.log(order.prefix, 0))).not.toContain('value of vault');
  });

  it('says what is missing when an order cannot be filled', async () => {
    const result = await host.jobs.run(
      planOrder({ inputs: { 'source.tar.gz': 'nowhere.tar.gz' } }),
      'unfilled',
    );

    expect(result.status).toBe('refused');
    expect(result.error).toContain('nowhere.tar.gz');
  });

  it('never runs two jobs of one folder at a time, and others beside each other', async () => {
    // Jobs may be other users, and leave a line there when they begin and when they end.
    const marks = await mkdtemp(join(tmpdir(), 'cairn-marks-'));
    await chmod(marks, 0o777);
    const mark = (line: string) => `echo '${line}' >> ${marks}/log; chmod -f 666 ${marks}/log`;
    const meets = (other: string) => `until grep -q 'begin ${other}' ${marks}/log; do sleep 0.02; done`;
    const build = (name: string, folder: string, script: string) =>
      host.jobs.run(
        orderOf(buildJob(['sh', '-c', `${mark(`begin ${name}`)}; ${script}; ${mark(`end ${name}`)}`]), {
          state: null,
          folder,
        }),
        `together/${name}`,
      );

    const first = build('same 1', 'same', meets('other'));
    await until('it to run', () => existsSync(join(marks, 'log')));
    const results = await Promise.all([
      first,
      build('same 2', 'same', 'true'),
      build('other', 'other', meets('same 1')),
    ]);

    const lines = (await readFile(join(marks, 'log'), 'utf8')).trim().split('\n');
    await rm(marks, { recursive: true });
    expect(results.map(({ status }) => status)).toEqual(['ok', 'ok', 'ok']);
    expect(lines.filter((line) => line.includes('same'))).toEqual([
      'begin same 1',
      'end same 1',
      'begin same 2',
      'end same 2',
    ]);
  });
});

describe('stop', () => {
  it('interrupts a job that runs, and shows its log until then', async () => {
    const order = orderOf(buildJob(['sh', '-c', 'echo under way; sleep 60']), {
      state: null,
      folder: 'stop',
    });
    const running = host.jobs.run(order, 'stop/running');
    await until('the log', async () => (await host.jobs.port.log(order.prefix, 0)).includes('under way'));
    const active = await host.jobs.port.active('run-1');

    await host.jobs.port.stop('run-1', 'a newer commit');

    expect(active).toEqual([order.prefix]);
    expect(await running).toMatchObject({ status: 'interrupted' });
    expect(await host.jobs.port.active('run-1')).toEqual([]);
  });

  it('never starts one that still waits', async () => {
    const slow = orderOf(buildJob(['sleep', '60']), { state: null, folder: 'wait' });
    const waiting = orderOf(buildJob(['true'], { runId: 'run-2' }), { state: null, folder: 'wait' });
    const first = host.jobs.run(slow, 'wait/first');
    await until('the first', async () => (await host.jobs.port.log(slow.prefix, 0)).includes('Building'));
    const second = host.jobs.run(waiting, 'wait/second');
    await until('the second', async () => (await host.jobs.port.active('run-2')).length === 1);

    await host.jobs.port.stop('run-2', 'a newer commit');
    const stopped = await second;
    const others = await host.jobs.port.active('run-1');
    await host.jobs.port.stop('run-1', 'the test is over');

    expect(stopped).toMatchObject({
      status: 'interrupted',
      error: expect.stringContaining('before it was started'),
    });
    // It answered at once, not when its turn had come.
    expect(others).toEqual([slow.prefix]);
    expect((await first).status).toBe('interrupted');
  });

  it('follows the signal of its step', async () => {
    const abort = new AbortController();
    const order = orderOf(buildJob(['sleep', '60']), { state: null, folder: 'signal' });
    const running = host.jobs.run(order, 'signal', abort.signal);
    await until('the job', async () => (await host.jobs.port.log(order.prefix, 0)).includes('Building'));

    abort.abort();

    expect((await running).status).toBe('interrupted');
  });
});

it('tells of a job whose process was killed', async () => {
  const order = orderOf(buildJob(['sh', '-c', 'echo here; kill -9 $PPID; sleep 5']), {
    state: null,
    folder: 'killed',
  });

  const result = await host.jobs.run(order, 'killed');

  expect(result).toMatchObject({ status: 'failed', started: false });
  expect(result.error).toContain('ended without a result');
});
