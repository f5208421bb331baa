import { isEphemeral } from '../../ephemeral/name.ts';
import { commandId, commandOrder } from '../../jobs/orders.ts';
import { jobSecret, writeOrders } from '../../jobs/write-orders.ts';
import type { Ports } from '../../ports.ts';
import { destroyWaves } from '../../projects/destroy-waves.ts';
import { newProgress, type ProjectProgress } from '../../projects/progress.ts';
import {
  type DestroyPart,
  type Failure,
  type Outcome,
  type RunDocument,
  touchedTheWorld,
} from '../../runs/document.ts';
import { loadDocument, saveDocument } from '../../runs/store.ts';
import { tell } from '../../runs/tell.ts';
import { documentInput } from '../input.ts';
import { step } from '../step.ts';

/** What an API needs a moment for is gone the second or third time; what stays then needs a person. */
const ATTEMPTS = 3;

/** Said by people, or by who is in front: the run ends as it is. */
const SAID: readonly (Outcome | null)[] = ['rejected', 'expired', 'superseded', 'refused'];

/** Gone, tried again with what is left, or given up: then what is left is listed. */
export const reviewDestroy = step({
  input: documentInput,
  ports: ['artifacts', 'clock', 'keys', 'status', 'trace'],
  async run({ doc: key }, ports) {
    const doc = await loadDocument(ports, key);
    const destroy = partOf(doc);
    if (SAID.includes(doc.outcome)) return end({ ...doc, destroy }, ports);

    const left = Object.values(doc.deploy.projects).filter((p) => !isGone(p));
    if (left.length === 0) return end({ ...doc, destroy, outcome: 'destroyed', failure: null }, ports);

    const failure = doc.failure ?? failureOf(left);
    const failed: RunDocument = { ...doc, destroy, failure, outcome: 'failed' };
    // Nobody's second try changes what a guard says.
    if (failure.stage === 'guard') return end(failed, ports);
    if (destroy.attempt < ATTEMPTS) return again(failed, left, failure, ports);
    if (!isEphemeral(doc.environment) && !destroy.begun) return end(failed, ports);
    return list(failed, left, ports);
  },
});

function isGone({ status }: ProjectProgress): boolean {
  return status === 'applied' || status === 'empty';
}

function partOf(doc: RunDocument): DestroyPart {
  const before = doc.destroy ?? { attempt: 1, gone: [], begun: false, listed: {}, left: {} };
  const gone = Object.values(doc.deploy.projects).filter(isGone);
  return {
    ...before,
    gone: [...new Set([...before.gone, ...gone.map((p) => p.project.name)])],
    begun: touchedTheWorld(doc),
  };
}

function failureOf(left: ProjectProgress[]): Failure {
  const first = left.find((p) => p.status === 'plan-failed' || p.status === 'apply-failed') ?? left[0];
  const stage = first?.status === 'apply-failed' ? 'apply' : 'plan';
  const job = first?.apply?.job ?? first?.planJob ?? null;
  const message = first?.error ?? 'It was not destroyed.';
  return { project: first?.project.name ?? null, stage, message, job };
}

async function end(doc: RunDocument, ports: Pick<Ports, 'artifacts'>): Promise<Record<string, unknown>> {
  return { outcome: 'done', doc: await saveDocument(ports, doc) };
}

/** Once more through what is left, planned anew; where people approved a plan, only another one is asked about. */
async function again(
  doc: RunDocument,
  left: ProjectProgress[],
  failure: Failure,
  ports: Pick<Ports, 'artifacts' | 'clock' | 'status'>,
): Promise<Record<string, unknown>> {
  const destroy = partOf(doc);
  const next: RunDocument = {
    ...doc,
    failure: null,
    outcome: null,
    differences: [],
    destroy: { ...destroy, attempt: destroy.attempt + 1 },
    deploy: {
      ...doc.deploy,
      waves: destroyWaves(left.map(({ project }) => project)),
      wave: 0,
      stage: 'new',
      projects: Object.fromEntries(left.map((p) => [p.project.name, fresh(p)])),
    },
  };
  const saved = await saveDocument(ports, next);
  const message = `Tries again: the ${failure.stage} of ${failure.project ?? 'it'} failed.`;
  await tell(ports, next, 'apply.finished', message);
  return { outcome: 'again', doc: saved };
}

function fresh(p: ProjectProgress): ProjectProgress {
  const next = newProgress(p.project, {
    commit: p.commit,
    destroy: true,
    state: p.state,
    address: p.address,
    formerState: p.formerState,
    reasons: p.reasons,
    content: p.content,
    reuse: p.reuse,
    buildOutputs: p.buildOutputs,
    backendConfig: p.backendConfig,
  });
  return { ...next, approved: p.approved };
}

async function list(
  doc: RunDocument,
  left: ProjectProgress[],
  ports: Pick<Ports, 'artifacts' | 'keys' | 'trace'>,
): Promise<Record<string, unknown>> {
  const orders = await Promise.all(
    left.map(async (p) => {
      const secret = await jobSecret(doc, commandId(doc, p.project.name, false), ports);
      return commandOrder(doc, p, { args: ['state', 'list'], writes: false, secret });
    }),
  );
  const listed = Object.fromEntries(left.map((p, at) => [p.project.name, orders[at]?.prefix ?? '']));
  const items = await writeOrders(orders, ports);
  const destroy = { ...partOf(doc), listed };
  return { outcome: 'list', items, doc: await saveDocument(ports, { ...doc, destroy }) };
}
