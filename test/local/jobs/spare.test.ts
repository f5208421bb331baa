import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createHost, type Host, planOrder, putSource, textOf } from './support.ts';

const PATIENTLY = { timeout: 10_000 };

let host: Host;
beforeAll(async () => {
  host = await createHost({ concurrency: 1 });
});
afterAll(() => host.end());

const projects = (text: string) => ({
  'shared.txt': text,
  'a/main.tf': 'output "told" { value = file("../shared.txt") }',
  'b/main.tf': 'output "told" { value = file("../shared.txt") }',
});

async function told(source: string, dir: string): Promise<string> {
  const { project } = planOrder().job as Extract<ReturnType<typeof planOrder>['job'], { kind: 'plan' }>;
  const order = planOrder(
    { inputs: { 'source.tar.gz': source }, state: null, folder: `${source} ${dir}` },
    { project: { ...project, dir } },
  );
  const result = await host.jobs.run(order, order.prefix);
  expect(result).toMatchObject({ status: 'ok' });
  const { outputs } = JSON.parse(await textOf(host.artifacts, `${order.prefix}/out/changes.json`));
  return outputs.told.after;
}

/** Inodes of the checkouts that executors keep. */
async function kept(): Promise<number[]> {
  const spares = join(host.jobs.root, 'spare');
  const stats = (await readdir(spares)).map((name) => stat(join(spares, name, 'src')));
  return (await Promise.all(stats)).map(({ ino }) => ino);
}

it('plans the projects of one commit in one checkout, another commit in its own, and leaves none', async () => {
  await putSource(host.artifacts, projects('first'), 'first.tar.gz');
  await putSource(host.artifacts, projects('second'), 'second.tar.gz');

  const answers = [await told('first.tar.gz', 'a')];
  const before = await kept();
  answers.push(await told('first.tar.gz', 'b'));
  const after = await kept();
  answers.push(await told('second.tar.gz', 'a'));

  expect(answers).toEqual(['first', 'first', 'second']);
  expect(after).toEqual(before);
  expect(before).toHaveLength(1);
  await expect.poll(() => readdir(join(host.jobs.root, 'spare')), PATIENTLY).toEqual([]);
  await expect.poll(() => readdir(join(host.jobs.root, 'trash')), PATIENTLY).toEqual([]);
});
