import type { Ephemeral } from '../../core/ephemeral/environment.ts';
import type { EphemeralPart } from '../../core/ephemeral/part.ts';
import { writeDrift } from '../../core/record/drift/drift.ts';
import { writeFreeze } from '../../core/record/freeze.ts';
import type { Run, WorkflowName } from '../../core/requests/run.ts';
import type { Freeze, RunDocument } from '../../core/runs/document.ts';
import type { MemoryPorts } from '../support/fakes/index.ts';
import { aDocument, aPass, aRun, putDocument, REPOSITORY } from './story.ts';

/** What the memory clock says is 2026-01-01T00:00:00Z. */
export function anEphemeral(name: string, more: Partial<Ephemeral> = {}): Omit<Ephemeral, 'version'> {
  return {
    repository: REPOSITORY,
    environment: `eph-${name}`,
    state: 'ready',
    ref: 'feature/x',
    commit: 'c'.repeat(40),
    pull: 7,
    automatic: false,
    owner: 'alice',
    email: 'alice@example.com',
    createdAt: '2025-12-31T22:00:00.000Z',
    startedAt: '2025-12-31T22:00:00.000Z',
    endsAt: '2026-01-01T05:20:00.000Z',
    projects: ['app', 'network'],
    applied: {},
    outputs: { 'app.url': `https://${name}.example.com` },
    left: {},
    runId: 'eeeeeeeeeeeeeeeeeeee',
    ...more,
  };
}

/** What a run that makes `eph-demo` shows of it. */
export const EPHEMERAL_PART: EphemeralPart = {
  ref: 'feature/x',
  owner: 'alice',
  email: null,
  endsAt: '2026-01-01T05:20:00.000Z',
  outputs: { 'app.url': 'https://demo.example.com' },
  existed: false,
  destroyedBy: null,
};

export async function stands(ports: MemoryPorts, name: string, more: Partial<Ephemeral> = {}): Promise<void> {
  await ports.ephemerals.claim(anEphemeral(name, more), 1000);
}

/** One that a destroy left something of. */
export function leaked(ports: MemoryPorts, name: string): Promise<void> {
  return stands(ports, name, {
    state: 'leaked',
    left: { app: ['aws_instance.web[0]', 'aws_eip.web'], network: null },
  });
}

export const FREEZE: Freeze = {
  by: 'bob',
  reason: 'the sale of the year',
  at: '2025-12-31T20:00:00.000Z',
  until: '2026-01-02T00:00:00.000Z',
};

export async function frozen(
  ports: MemoryPorts,
  environment: string,
  freeze: Freeze = FREEZE,
): Promise<void> {
  await writeFreeze(ports, REPOSITORY, environment, { freeze, by: freeze.by, at: freeze.at });
}

export const COUNTS = {
  add: 0,
  change: 1,
  destroy: 0,
  replace: 0,
  import: 0,
  forget: 0,
  move: 0,
  outputs: 0,
  drift: 0,
};

export async function drifted(ports: MemoryPorts, environment: string): Promise<void> {
  await writeDrift(ports, REPOSITORY, environment, 'dddddddddddddddddddd', () => ({
    what: 'found',
    drift: {
      version: 1,
      since: '2025-12-31T21:00:00.000Z',
      at: '2025-12-31T21:00:00.000Z',
      digest: 'a'.repeat(64),
      projects: { app: { digest: 'a'.repeat(64), counts: COUNTS } },
      unknown: { network: '2025-12-31T21:00:00.000Z' },
      issue: { number: 9, url: 'https://github.test/acme/shop/issues/9' },
      reconciledBy: null,
      reconciles: 0,
    },
  }));
}

/** A run with the parts that only its kind has, ended unless `more` says otherwise. */
export async function aRunOf(
  ports: MemoryPorts,
  workflow: WorkflowName,
  parts: Partial<RunDocument>,
  more: Partial<Run> = {},
): Promise<string> {
  const command = workflow as Run['command'];
  const run = await ports.runs.claim(
    aRun({ id: 'ffffffffffffffffffff', workflow, command, state: 'succeeded', title: 'Done', ...more }),
  );
  await putDocument(ports, aDocument(run.id, aPass([]), { environment: run.environment, ...parts }));
  return run.id;
}

/** A run of one terraform command, with the job that it left. */
export async function ranCommand(
  ports: MemoryPorts,
  output: string,
  more: { cut?: boolean; ok?: boolean; args?: string[]; state?: Run['state'] } = {},
): Promise<string> {
  const { cut = false, ok = true, args = ['state', 'list'], state = ok ? 'succeeded' : 'failed' } = more;
  const id = 'ffffffffffffffffffff';
  const job = `jobs/${REPOSITORY}/prod/deploy-plan/${id}/read-3-app`;
  const result = { version: 1, id: 'read-3-app', status: ok ? 'ok' : 'failed', started: false };
  await ports.artifacts.put(`${job}/order.json`, '{}');
  await ports.artifacts.put(`${job}/out/result.json`, JSON.stringify(result));
  await ports.artifacts.put(`${job}/out/output.txt`, output);
  const text = cut ? output.slice(0, 20) : output;
  const terraform = { project: 'app', args, writes: false, job, output: { text, cut }, exitOk: ok };
  return aRunOf(ports, 'run', { terraform, outcome: ok ? 'ran' : 'failed' }, { id, state });
}
