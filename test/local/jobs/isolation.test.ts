import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readJobFile } from '../../../local/jobs/safe-read.ts';
import { buildJob } from '../../executor/support.ts';
import { createHost, type Host, orderOf, planOrder, putSource, textOf } from './support.ts';

const root = process.getuid?.() === 0;

let host: Host;
beforeAll(async () => {
  host = await createHost();
  // Open to all by its own mode: the server closes it when it starts.
  writeFileSync(join(host.dataDir, 'secrets.yaml'), 'the-servers-secret');
  chmodSync(join(host.dataDir, 'secrets.yaml'), 0o644);
  host.jobs.close();
  await host.again();
  await putSource(host.artifacts, { 'main.tf': 'output "a" { value = 1 }' });
});
afterAll(() => host.end());

const shell = (script: string, folder: string, more = {}) =>
  host.jobs.run(orderOf(buildJob(['sh', '-c', script]), { state: null, folder, ...more }), `shell/${folder}`);

it('tells whether jobs are users of their own', () => {
  expect(host.jobs.isolated).toBe(root);
});

describe.runIf(root)('when the server is root', () => {
  it('lets a plan read nothing of the server', async () => {
    const paths = [
      join(host.dataDir, 'secrets.yaml'),
      join(host.dataDir, 'users.json'),
      join(host.dataDir, 'artifacts/source.tar.gz'),
      `/proc/${process.pid}/environ`,
    ];
    const source = await putSource(
      host.artifacts,
      {
        'main.tf': `output "found" { value = [for path in ${JSON.stringify(paths)} : try(filebase64(path), "nothing")] }
          output "listed" { value = try(fileset("${host.dataDir}", "**"), "nothing") }`,
      },
      'curious.tar.gz',
    );
    const order = planOrder(
      { inputs: { 'source.tar.gz': source }, state: null, folder: 'curious' },
      { stage: 'pr-plan' },
    );

    const result = await host.jobs.run(order, 'curious');

    const { outputs } = JSON.parse(await textOf(host.artifacts, `${order.prefix}/out/changes.json`));
    expect(result.status).toBe('ok');
    expect(outputs.found.after).toEqual(['nothing', 'nothing', 'nothing', 'nothing']);
    expect([[], 'nothing']).toContainEqual(outputs.listed.after);
    // The test could not fail if the files were not there for us.
    expect(readFileSync(paths[0] as string, 'utf8')).toBe('the-servers-secret');
    expect(readFileSync(paths[3] as string, 'utf8')).not.toBe('');
  });

  it('gives a job no group of root, an environment of its own, and nothing it may write elsewhere', async () => {
    const script = [
      'echo groups=$(id -G) >> $CAIRN_OUTPUT',
      'echo uid=$(id -u) >> $CAIRN_OUTPUT',
      'echo names=$(env | cut -d= -f1 | sort | tr "\\n" ",") >> $CAIRN_OUTPUT',
      `(echo x > ${host.dataDir}/x) 2>/dev/null && echo wrote=yes >> $CAIRN_OUTPUT`,
      `(echo x > ${host.jobs.root}/jobs/x) 2>/dev/null && echo wrote=yes >> $CAIRN_OUTPUT`,
      'echo done=yes >> $CAIRN_OUTPUT',
    ].join('\n');

    const result = await shell(script, 'groups');

    expect(result.outputs).toMatchObject({ done: 'yes' });
    expect(Number(result.outputs?.['uid'])).toBeGreaterThanOrEqual(61_000);
    expect(result.outputs?.['groups']).toBe(result.outputs?.['uid']);
    expect(result.outputs?.['names']).toBe('CAIRN_ENVIRONMENT,CAIRN_OUTPUT,HOME,LANG,PATH,PWD,TMPDIR,USER,');
    expect(result.outputs).not.toHaveProperty('wrote');
  });

  it('keeps a user for an identity, and another for another', async () => {
    const script = 'echo uid=$(id -u) >> $CAIRN_OUTPUT';
    const other = { identity: { repository: 'acme/infra', environment: 'dev', stage: 'build' } };

    const first = await shell(script, 'uid-1');
    const second = await shell(script, 'uid-2');
    const third = await shell(script, 'uid-3', other);

    expect(first.outputs?.['uid']).toBe(second.outputs?.['uid']);
    expect(third.outputs?.['uid']).not.toBe(first.outputs?.['uid']);
  });

  it('carries nothing out through a link that a job leaves', async () => {
    const find = 'log=$(readlink /proc/$PPID/fd/* | grep out/log.txt)';
    const script = `${find}; rm "$log"; ln -s ${host.dataDir}/secrets.yaml "$log"; ls -l "$log" > made; test -L "$log"`;
    const order = orderOf(buildJob(['sh', '-c', script]), { state: null, folder: 'link' });

    const result = await host.jobs.run(order, 'link');

    expect(result.status).toBe('ok');
    expect(await host.jobs.port.log(order.prefix, 0)).toBe('');
    expect(await host.artifacts.has(`${order.prefix}/out/log.txt`)).toBe(false);
  });

  it('closes the data folder to others', () => {
    expect(statSync(join(host.dataDir, 'secrets.yaml')).mode & 0o077).toBe(0);
    expect(statSync(join(host.dataDir, 'artifacts')).mode & 0o077).toBe(0);
    expect(statSync(host.dataDir).mode & 0o066).toBe(0);
  });
});

describe('readJobFile', () => {
  it('follows no link, neither of the file nor of a folder, and reads no hard link of another', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cairn-read-'));
    mkdirSync(join(folder, 'real'));
    writeFileSync(join(folder, 'real/a'), 'text');
    symlinkSync('real', join(folder, 'linked'));
    symlinkSync('a', join(folder, 'real/b'));

    const read = (...parts: string[]) => readJobFile(folder, parts, null)?.toString('utf8') ?? null;

    expect(read('real', 'a')).toBe('text');
    expect(read('real', 'b')).toBeNull();
    expect(read('linked', 'a')).toBeNull();
    expect(read('real', 'missing')).toBeNull();
    expect(readJobFile(folder, ['real', 'a'], 4_000_000)).toBeNull();
    await rm(folder, { recursive: true });
  });
});
