import { describe, expect, it } from 'vitest';
import type { RunDocument } from '../../core/runs/document.ts';
import { aDocument, aPass, putDocument, rolledBack, waitingDeploy } from '../api/story.ts';
import { aRunOf, EPHEMERAL_PART, ranCommand } from '../api/story-commands.ts';
import { talk } from './talk.ts';

const on = talk();

describe('cairn runs, show, logs', () => {
  it('list what there is', async () => {
    await rolledBack(on.host.ports);

    const { out } = await on.cairn.run(['runs', '--environment', 'prod']);

    expect(out).toMatch(/^1 +rolled-back +deploy prod +[0-9a-f]{7} +2025-12-31 23:55 +Rolled back: app/m);
  });

  it('show a run by number, with its diff and what failed', async () => {
    await rolledBack(on.host.ports);

    const { out } = await on.cairn.run(['show', '1']);

    expect(out).toContain('app failed (apply)');
    expect(out).toContain('terraform_data.service: Modifying...');
    expect(out).toContain('Revert: https://github.test/acme/shop/pull/7');
    expect(out).toMatch(/^! resource "terraform_data" "service"/m);
    expect((await on.cairn.run(['show', 'bbbb', '--no-diff'])).out).not.toContain(
      'resource "terraform_data"',
    );
  });

  it('never hand control characters of a log to the terminal', async () => {
    const { runId } = await rolledBack(on.host.ports);
    await on.host.ports.artifacts.put(
      `jobs/acme/shop/prod/apply/${runId}/apply-5-app/out/log.txt`,
      'a\u001b]0;evil\u0007b\u001b[2Jc\n',
    );

    const { out } = await on.cairn.run(['logs', '1', 'apply-5-app']);

    expect(out).toBe('==> apply-5-app\na]0;evilb[2Jc\n');
  });

  it('print the logs of all jobs', async () => {
    await rolledBack(on.host.ports);

    const { out } = await on.cairn.run(['logs', '1']);

    expect(out).toContain('==> plan-3-network\nPlanning network\n');
    expect(out).toContain('==> apply-5-app\nterraform_data.service: Modifying...\n');
  });

  it('follow logs until the run has ended, each part once', async () => {
    const { runId } = await waitingDeploy(on.host.ports);
    const prefix = `jobs/acme/shop/prod/apply/${runId}/apply-9-app`;
    await on.host.ports.artifacts.put(`${prefix}/order.json`, '{}');
    on.host.ports.jobs.logs.set(prefix, 'one\n');
    const happens = async () => {
      await on.host.ports.artifacts.put(`${prefix}/out/log.txt`, 'one\ntwo\n');
      await on.host.ports.artifacts.put(`${prefix}/out/result.json`, '{}');
      await on.ends(runId, 'succeeded', 'Deployed');
    };

    const { code, out } = await on.cairn.run(['logs', runId, '--follow'], {
      when: { said: 'one\n', happens },
    });

    expect(code).toBe(0);
    expect(out.split('==> apply-9-app\n')[1]).toBe('one\ntwo\n');
  });

  it('say what is not there', async () => {
    expect(await on.cairn.run(['show', '99'])).toMatchObject({
      code: 3,
      err: expect.stringContaining('cairn runs'),
    });
    expect(await on.cairn.run(['show', 'f'.repeat(20)])).toMatchObject({ code: 3 });
  });
});

describe('cairn show and runs', () => {
  it('tell what only runs of one kind have', async () => {
    await ranCommand(on.host.ports, 'aws_instance.web[0]\naws_eip.web\n', { cut: true });
    const id = '1'.repeat(20);
    await aRunOf(on.host.ports, 'ephemeral', { ephemeral: EPHEMERAL_PART }, { id, environment: 'eph-demo' });

    const command = await on.cairn.run(['show', '1']);
    const made = await on.cairn.run(['show', '2']);
    const { out } = await on.cairn.run(['runs']);

    expect(command.out).toContain('In app: terraform state list\naws_instance.web[0]\n');
    expect(command.out).toContain(
      'This is cut; all of it: http://cairn.test/runs/ffffffffffffffffffff/output.txt',
    );
    expect(made.out).toContain('app.url: https://demo.example.com\nends: 2026-01-01 05:20 UTC');
    expect(out).toMatch(/^2 +succeeded +make eph-demo /m);
    expect(out).toMatch(/^1 +succeeded +run prod /m);
  });

  it('list every command in the help', async () => {
    const { out } = await on.cairn.run(['--help']);

    for (const name of ['env', 'run', 'drift', 'freeze', 'unfreeze', 'destroy'])
      expect(out).toMatch(new RegExp(`^  ${name} `, 'm'));
    expect((await on.cairn.run(['env', '--help'])).out).toMatch(/up .*\n +list .*\n +extend /);
  });
});

it('a document without these parts, of a version before, is shown all the same', async () => {
  const { ephemeral, destroy, terraform, drift, frozen: _, ...before } = aDocument('a'.repeat(20), aPass([]));
  const id = await aRunOf(on.host.ports, 'deploy', {}, { id: 'a'.repeat(20) });
  await putDocument(on.host.ports, before as RunDocument);

  const { code } = await on.cairn.run(['show', id]);

  expect([ephemeral, destroy, terraform, drift]).toEqual([null, null, null, null]);
  expect(code).toBe(0);
});
