import { defaultConfig } from '../../core/config/config.ts';
import { policyOf } from '../../core/config/policy.ts';
import type { Changes } from '../../core/plans/plan.ts';
import { summarize } from '../../core/plans/summary.ts';
import type { ProjectProgress } from '../../core/projects/progress.ts';
import { writeRecord } from '../../core/record/write.ts';
import type { Run } from '../../core/requests/run.ts';
import { NO_PARTS, type Pass, type RunDocument } from '../../core/runs/document.ts';
import { documentKey } from '../../core/runs/store.ts';
import type { MemoryPorts } from '../support/fakes/index.ts';
import { changesOf, resource, update } from '../support/plans.ts';

export const REPOSITORY = 'acme/shop';

const CONFIG = `environments:
  prod:
    branch: main
    approval:
      approvers: [alice, operator]
    rollback: automatic
  staging:
    branch: main
`;

const NETWORK = changesOf([
  resource('terraform_data.vpc', ['create'], {
    before: null,
    after: { input: { cidr: '10.0.0.0/16', name: 'shop' } },
  }),
  resource('terraform_data.subnet["a"]', ['create'], { before: null, after: { input: '10.0.1.0/24' } }),
]);

const APP = changesOf(
  [
    update(
      'terraform_data.service',
      { input: { port: 8080, replicas: 2, script: 'set -e\nstart --port 8080\n' } },
      { input: { port: 8081, replicas: 2, script: 'set -e\nstart --port 8081\n' } },
    ),
    resource('aws_db_instance.orders', ['delete', 'create'], {
      before: { engine: 'postgres', size: 20 },
      after: { engine: 'postgres', size: 40 },
      replace_paths: [['size']],
    }),
  ],
  { outputs: { url: { actions: ['update'], before: 'http://shop:8080', after: 'http://shop:8081' } } },
);

export function aRun(more: Partial<Run> = {}): Omit<Run, 'number'> {
  return {
    id: 'aaaaaaaaaaaaaaaaaaaa',
    workflow: 'deploy',
    command: 'deploy',
    repository: REPOSITORY,
    environment: 'prod',
    pull: null,
    commit: null,
    requester: 'alice',
    state: 'running',
    title: 'Deploy to prod',
    startedAt: '2025-12-31T23:55:00.000Z',
    endedAt: null,
    ...more,
  };
}

export function progress(name: string, more: Partial<ProjectProgress> = {}): ProjectProgress {
  return {
    project: {
      name,
      dir: `infra/${name}`,
      workspace: 'default',
      dependsOn: [],
      whenModified: [],
      variables: {},
      secrets: {},
      size: 'standard',
    },
    commit: 'c'.repeat(40),
    destroy: false,
    state: 'kept',
    formerState: null,
    address: null,
    reasons: [],
    content: 'content',
    reuse: 'reuse',
    status: 'planned',
    waitsFor: null,
    reused: false,
    planJob: null,
    plan: null,
    violations: [],
    approved: null,
    apply: null,
    error: null,
    buildOutputs: {},
    backendConfig: {},
    replace: [],
    ...more,
  };
}

export function aPass(projects: ProjectProgress[], more: Partial<Pass> = {}): Pass {
  const named = Object.fromEntries(projects.map((one) => [one.project.name, one]));
  return {
    commit: 'c'.repeat(40),
    waves: [Object.keys(named)],
    wave: 0,
    stage: 'planned',
    projects: named,
    ...more,
  };
}

export function aDocument(runId: string, deploy: Pass, more: Partial<RunDocument> = {}): RunDocument {
  const origin = { source: 'webhook' as const, login: 'alice', trigger: 'a..b' };
  return {
    ...NO_PARTS,
    n: 7,
    runId,
    runNumber: 1,
    request: { command: 'deploy', repository: REPOSITORY, environment: 'prod', retry: false, origin },
    repository: REPOSITORY,
    environment: 'prod',
    pull: null,
    commit: deploy.commit,
    base: 'b'.repeat(40),
    policy: policyOf(defaultConfig('prod'), 'prod'),
    policyChanges: [],
    configDigest: '',
    slackChannel: null,
    authors: [],
    fence: 1,
    backends: {},
    reported: [],
    moved: [],
    build: null,
    phase: 'deploy',
    deploy,
    rollback: null,
    brokenBefore: false,
    everApplied: [],
    approval: null,
    differences: [],
    approvals: [],
    verify: null,
    failure: null,
    broken: null,
    leftOver: [],
    branch: null,
    takenBack: {},
    revert: null,
    outcome: null,
    ...more,
  };
}

export async function putDocument(ports: MemoryPorts, doc: RunDocument): Promise<string> {
  const key = documentKey(doc.runId, doc.n);
  await ports.artifacts.put(key, JSON.stringify(doc));
  return key;
}

/** A plan job that ended, with what it leaves; answers its part of the document. */
export async function planned(
  ports: MemoryPorts,
  runId: string,
  name: string,
  changes: Changes,
  log = `Planning ${name}\n`,
): Promise<Pick<ProjectProgress, 'planJob' | 'plan'>> {
  const job = `jobs/${REPOSITORY}/prod/deploy-plan/${runId}/plan-3-${name}`;
  const result = { version: 1, id: `plan-3-${name}`, status: 'ok', started: false };
  await ports.artifacts.put(`${job}/order.json`, '{}');
  await ports.artifacts.put(`${job}/out/changes.json`, JSON.stringify(changes));
  await ports.artifacts.put(`${job}/out/log.txt`, log);
  await ports.artifacts.put(`${job}/out/result.json`, JSON.stringify(result));
  const plan = {
    job,
    digest: 'd'.repeat(64),
    sha256: 'e'.repeat(64),
    madeWith: {},
    summary: summarize(changes),
    terraform: { binary: 'terraform', version: '1.11.4' },
    providers: {},
  };
  return { planJob: job, plan };
}

/** A deploy that waits for approval: environment, run, events, document, question. */
export async function waitingDeploy(
  ports: MemoryPorts,
): Promise<{ runId: string; commit: string; digest: string }> {
  const commit = ports.repository.push('main', { 'cairn.yaml': CONFIG, 'infra/app/main.tf': 'a' });
  const run = await ports.runs.claim(
    aRun({ commit, state: 'waiting', title: 'Waits for approval of 3f2a91c' }),
  );
  const deploy = aPass(
    [
      progress('network', await planned(ports, run.id, 'network', NETWORK)),
      progress('app', await planned(ports, run.id, 'app', APP)),
    ],
    { commit },
  );
  const digest = `3f2a91c${'0'.repeat(57)}`;
  const until = '2026-01-01T20:00:00.000Z';
  const doc = aDocument(run.id, deploy, { commit, approval: { digest, until } });
  const key = await putDocument(ports, doc);
  await ports.approvals.put({
    repository: REPOSITORY,
    environment: 'prod',
    runId: run.id,
    token: 'the-task-token',
    digest,
    commit,
    askedAt: '2025-12-31T23:56:00.000Z',
    until,
    doc: key,
  });
  await ports.locks.claim(REPOSITORY, 'prod', {
    runId: run.id,
    token: 'the-lock-token',
    command: 'deploy',
    commit,
    at: '2025-12-31T23:55:00.000Z',
  });
  const event = { runId: run.id, doc: null, run: {} };
  await ports.status.emit({
    ...event,
    id: '1',
    at: '2025-12-31T23:55:01.000Z',
    kind: 'run.started',
    message: 'Deploy to prod',
  });
  await ports.status.emit({
    ...event,
    id: '2',
    at: '2025-12-31T23:56:00.000Z',
    kind: 'approval.wanted',
    message: 'Asks for approval of 3f2a91c.',
  });
  return { runId: run.id, commit, digest };
}

/** A deploy whose apply failed half way and that was taken back. */
export async function rolledBack(ports: MemoryPorts): Promise<{ runId: string }> {
  const good = ports.repository.push('main', { 'cairn.yaml': CONFIG });
  const bad = ports.repository.push('main', { 'infra/app/main.tf': 'bad' });
  const run = await ports.runs.claim(
    aRun({
      id: 'bbbbbbbbbbbbbbbbbbbb',
      commit: bad,
      state: 'rolled-back',
      title: 'Rolled back: app: Error: local-exec provisioner error',
      endedAt: '2025-12-31T23:57:30.000Z',
    }),
  );
  const job = `jobs/${REPOSITORY}/prod/apply/${run.id}/apply-5-app`;
  const error =
    'Error: local-exec provisioner error\n\n  with terraform_data.service,\n  on main.tf line 12\n\nexit status 1';
  await ports.artifacts.put(`${job}/out/log.txt`, `terraform_data.service: Modifying...\n${error}\n`);
  await ports.artifacts.put(
    `${job}/out/result.json`,
    JSON.stringify({ version: 1, id: 'apply-5-app', status: 'failed', started: true, error }),
  );
  const app = progress('app', {
    ...(await planned(ports, run.id, 'app', APP)),
    status: 'apply-failed',
    apply: { job, started: true },
    error,
  });
  const network = progress('network', {
    ...(await planned(ports, run.id, 'network', NETWORK)),
    status: 'applied',
  });
  const doc = aDocument(run.id, aPass([network, app], { commit: bad }), {
    base: good,
    phase: 'rollback',
    rollback: aPass([progress('app', { status: 'applied' })], { commit: good }),
    failure: { project: 'app', stage: 'apply', message: error, job },
    leftOver: ['network'],
    revert: {
      pull: 7,
      url: 'https://github.test/acme/shop/pull/7',
      branch: 'cairn/revert-prod-ccccccc',
      left: [],
    },
    approvals: [{ digest: `9a8b7c6${'0'.repeat(57)}`, by: 'bob', at: '2025-12-31T23:56:20.000Z' }],
    outcome: 'rolled-back',
  });
  await putDocument(ports, doc);
  const event = { runId: run.id, doc: null, run: {} };
  const steps = [
    ['run.started', 'Deploy to prod'],
    ['approval.answered', 'Approved by @bob.'],
    ['apply.started', 'Applies network, then app.'],
    ['rollback.started', 'app failed; prod goes back to the last good commit.'],
    ['revert.opened', 'Opened #7 to revert it.'],
    ['run.ended', 'Rolled back.'],
  ] as const;
  for (const [index, [kind, message]] of steps.entries()) {
    await ports.status.emit({
      ...event,
      id: String(index),
      at: `2025-12-31T23:5${index}:00.000Z`,
      kind,
      message,
    });
  }
  return { runId: run.id };
}

/** The record of a good deployment of an environment. */
export async function goodDeployment(ports: MemoryPorts, environment: string, commit: string): Promise<void> {
  await writeRecord(ports, REPOSITORY, environment, () => ({
    environment,
    at: '2025-12-31T20:00:00.000Z',
    runId: 'cccccccccccccccccccc',
    runUrl: null,
    outcome: 'deployed',
    commit,
    planDigest: null,
    requestedBy: 'alice',
    approvedBy: ['bob'],
    failure: null,
    failedProject: null,
    build: null,
    applied: [],
    after: { state: 'ok', commit, projects: {}, removed: [], failed: {}, revert: null, broken: null },
  }));
}
