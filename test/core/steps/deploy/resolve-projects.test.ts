import { expect, test } from 'vitest';
import type { JobItem } from '../../../../core/jobs/item.ts';
import { definitionName } from '../../../../core/jobs/names.ts';
import { jobOrder } from '../../../../core/jobs/order.ts';
import { readJson } from '../../../../core/runs/store.ts';
import { STEPS } from '../../../../core/steps/index.ts';
import { type MemoryPorts, memoryPorts } from '../../../support/fakes/index.ts';

const CONFIG = `
environments:
  prod: { branch: main }
projects:
  - dir: app
    secrets: { TOKEN: { plan: app-token } }
`;

interface Asked {
  /** Its head lives in another repository. */
  fork?: boolean;
  /** What its head says that the jobs' size is. */
  size?: string;
  ports?: Partial<MemoryPorts>;
}

/** What a pull request's plan is ordered with, and as what it is submitted. */
async function planOf({ fork = false, size, ports: own }: Asked) {
  const ports = memoryPorts(own);
  ports.repository.push('main', { 'cairn.yaml': CONFIG, 'app/main.tf': '# one\n' });
  const config = size === undefined ? CONFIG : `${CONFIG}    size: ${size}\n`;
  ports.repository.push('change', { 'cairn.yaml': config, 'app/main.tf': '# two\n' });
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
  const [item] = next['items'] as JobItem[];
  if (!item) throw new Error('nothing is planned');
  return { order: jobOrder.parse(await readJson(ports, `${item.job}/order.json`)), item };
}

test('a pull request of the repository is planned with the secrets that its base branch names', async () => {
  const { order } = await planOf({});

  expect(order.secrets).toEqual({ TOKEN: 'app-token' });
});

test('a fork is planned without any secret, whoever asked for it', async () => {
  const { order } = await planOf({ fork: true });

  expect(order.secrets).toEqual({});
  expect(order.job.secrets).toEqual([]);
});

const IDENTITY = { repository: 'acme/shop', environment: 'prod', stage: 'pr-plan' as const };

test('a job is submitted under names alone, in the size that its project asks for', async () => {
  const sizes = ['standard', 'large'];

  const { item, order } = await planOf({ size: 'large', ports: { sizes, trace: '1-2-3' } });
  const usual = await planOf({ ports: { sizes } });

  expect(item).toEqual({
    job: expect.stringMatching(/^jobs\/acme\/shop\/prod\/pr-plan\/a{20}\/plan-1-app~[0-9a-f]{16}$/),
    name: `${'a'.repeat(20)}-plan-1-app`,
    queue: 'cairn-plan',
    definition: definitionName(IDENTITY, 'large'),
  });
  expect(order).toMatchObject({ size: 'large', trace: '1-2-3' });
  expect(usual.item.definition).toBe(definitionName(IDENTITY, 'standard'));
  expect(usual.order.trace).toBeNull();
});

test('a size that the host does not have is refused with those that it has; one machine ignores it', async () => {
  const refused = () => planOf({ size: 'huge', ports: { sizes: ['standard', 'large'] } });
  const { order } = await planOf({ size: 'huge' });

  await expect(refused()).rejects.toThrow(
    'app asks for the size "huge" in cairn.yaml: there is standard, large. Choose one of these; the operator of Cairn adds others.',
  );
  expect(order.job.id).toBe('plan-1-app');
});
