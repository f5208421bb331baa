import { expect, test } from 'vitest';
import { jobOrder } from '../../../core/jobs/order.ts';
import { readJson } from '../../../core/runs/store.ts';
import { STEPS } from '../../../core/steps/index.ts';
import { memoryPorts } from '../../support/fakes/index.ts';

const CONFIG = `
environments:
  prod: { branch: main }
projects:
  - dir: app
    secrets: { TOKEN: { plan: app-token } }
`;

/** The order of the plan of a pull request, whose head lives in another repository or not. */
async function planOf(fork: boolean) {
  const ports = memoryPorts();
  ports.repository.push('main', { 'cairn.yaml': CONFIG, 'app/main.tf': '# one\n' });
  ports.repository.push('change', { 'app/main.tf': '# two\n' });
  const pull = await ports.pulls.open('acme/shop', { title: '', body: '', head: 'change', base: 'main' });
  Object.assign(ports.pulls.all[0] ?? {}, { fork });
  const origin = { source: 'comment' as const, login: 'alice', trigger: 'comment-1' };
  const request = {
    command: 'plan' as const,
    repository: 'acme/shop',
    pull: pull.number,
    commit: pull.head.sha,
    asked: true,
    origin,
  };
  const run = {
    runId: 'a'.repeat(20),
    workflow: 'plan',
    repository: 'acme/shop',
    environment: 'prod',
    request,
  };
  const claim = await STEPS.ClaimRun.run(run, ports);
  const source = await STEPS.FetchSource.run({ run, commit: claim['commit'] }, ports);
  const resolved = await STEPS.ResolveProjects.run({ run, source, number: 1, fence: 0 }, ports);
  const next = await STEPS.NextWave.run({ doc: resolved['doc'] }, ports);
  const [item] = next['items'] as { job: string }[];
  return jobOrder.parse(await readJson(ports, `${item?.job}/order.json`));
}

test('a pull request of the repository is planned with the secrets that its base branch names', async () => {
  const order = await planOf(false);

  expect(order.secrets).toEqual({ TOKEN: 'app-token' });
});

test('a fork is planned without any secret, whoever asked for it', async () => {
  const order = await planOf(true);

  expect(order.secrets).toEqual({});
  expect(order.job.secrets).toEqual([]);
});
