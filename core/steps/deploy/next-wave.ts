import { freezeOf } from '../../environments/freeze.ts';
import { staleLock } from '../../environments/stale-lock.ts';
import { checkOf } from '../../environments/verify.ts';
import { noteApplies } from '../../ephemeral/applied.ts';
import { isEphemeral } from '../../ephemeral/name.ts';
import { segment } from '../../jobs/keys.ts';
import type { JobOrder } from '../../jobs/order.ts';
import { applyOrder, planId, planOrder, verifyOrder } from '../../jobs/orders.ts';
import { jobSecret, writeOrders } from '../../jobs/write-orders.ts';
import type { Ports } from '../../ports.ts';
import type { ProjectProgress } from '../../projects/progress.ts';
import { currentPass, type RunDocument, withPass } from '../../runs/document.ts';
import { type Met, meetLateFreeze } from '../../runs/frozen.ts';
import { nextMove } from '../../runs/pass.ts';
import { loadDocument, readJson, saveDocument } from '../../runs/store.ts';
import { tell } from '../../runs/tell.ts';
import { waveWords } from '../../runs/wave-words.ts';
import { documentInput } from '../input.ts';
import { step } from '../step.ts';

/** A plan of a pull request serves again for a day. */
const REUSE_MS = 24 * 3600 * 1000;

/** Chooses what runs next, plans or applies of a wave or the check, and writes the orders of those jobs. */
export const nextWave = step({
  input: documentInput,
  ports: ['artifacts', 'clock', 'ephemerals', 'git', 'keys', 'source', 'status', 'trace'],
  async run({ doc: key }, ports) {
    const { doc, move } = nextMove(await loadDocument(ports, key));

    if (move.kind === 'plan') return planWave(doc, move.projects, ports);
    if (move.kind === 'apply') {
      const met = await freezeMet(doc, ports);
      if (met?.kind === 'refused') {
        return { outcome: 'done', items: [], doc: await saveDocument(ports, met.doc) };
      }
      return applyWave(met?.doc ?? doc, move.projects, ports);
    }
    if (move.kind === 'verify') return verify(doc, ports);
    // A pull request that affects no project goes through its plans all the same: there are none.
    return { outcome: 'done', items: [], doc: await saveDocument(ports, doc) };
  },
});

async function planWave(
  doc: RunDocument,
  names: string[],
  ports: Pick<Ports, 'artifacts' | 'clock' | 'keys' | 'trace'>,
): Promise<Record<string, unknown>> {
  const pass = currentPass(doc);
  const projects = { ...pass.projects };
  const hashKey = await ports.keys.runKey(keyOf(doc));
  const orders: JobOrder[] = [];
  for (const name of names) {
    const progress = projects[name];
    if (!progress) continue;
    const former = await formerPlan(doc, progress, ports);
    if (former) {
      projects[name] = { ...progress, reused: true, planJob: former };
      continue;
    }
    const secret = await jobSecret(doc, planId(doc, name), ports);
    const order = planOrder(doc, progress, { hashKey, secret }, await staleLock(ports, doc, name));
    orders.push(order);
    projects[name] = { ...progress, reused: false, planJob: order.prefix };
  }
  const next = withPass(doc, { ...pass, projects });
  return { outcome: 'plan', items: await writeOrders(orders, ports), doc: await saveDocument(ports, next) };
}

/** What differs is compared from one look for drift to the next: what is hidden there has one key for them all. */
function keyOf({ request, runId, repository, environment }: RunDocument): string {
  return request.command === 'drift' ? `drift/${repository}/${environment}` : runId;
}

/** A plan of the last 24 hours with the same content. Pull requests only: a deploy always plans. */
async function formerPlan(
  doc: RunDocument,
  progress: ProjectProgress,
  ports: Pick<Ports, 'artifacts' | 'clock'>,
): Promise<string | null> {
  if (doc.request.command !== 'plan') return null;
  const key = reuseKey(doc, progress);
  if (!(await ports.artifacts.has(key))) return null;
  const { job, at } = await readJson<{ job: string; at: string }>(ports, key);
  return ports.clock.now().getTime() - Date.parse(at) < REUSE_MS ? job : null;
}

export function reuseKey(doc: RunDocument, progress: ProjectProgress): string {
  return `plans/${doc.repository}/${doc.environment}/${segment(progress.project.name)}/${progress.reuse}.json`;
}

/**
 * A look at the freeze before the run changes anything. One that has begun goes on to its end, its way back included:
 * an environment that is frozen half way is worse than one that is frozen a few minutes later.
 */
async function freezeMet(
  doc: RunDocument,
  ports: Pick<Ports, 'clock' | 'git' | 'source'>,
): Promise<Met | null> {
  const begun = [doc.deploy, doc.rollback].some(
    (pass) => pass !== null && Object.values(pass.projects).some(({ apply }) => apply !== null),
  );
  if (begun || doc.destroy?.begun || isEphemeral(doc.environment)) return null;
  const freeze = await freezeOf(ports, doc.repository, doc.environment);
  return freeze && meetLateFreeze(doc, freeze);
}

async function applyWave(
  doc: RunDocument,
  names: string[],
  ports: Pick<Ports, 'artifacts' | 'clock' | 'ephemerals' | 'keys' | 'status' | 'trace'>,
): Promise<Record<string, unknown>> {
  await noteApplies(doc, names, ports);
  const pass = currentPass(doc);
  const projects = { ...pass.projects };
  const hashKey = await ports.keys.runKey(doc.runId);
  const orders: JobOrder[] = [];
  for (const name of names) {
    const progress = projects[name];
    if (!progress) continue;
    const order = applyOrder(doc, progress, hashKey);
    orders.push(order);
    projects[name] = { ...progress, apply: { job: order.prefix, started: false } };
  }
  const next = withPass(doc, { ...pass, projects });
  const items = await writeOrders(orders, ports);
  const saved = await saveDocument(ports, next);
  await tell(ports, doc, 'apply.started', waveWords(pass, names, 'begins'), { state: 'running' });
  return { outcome: 'apply', items, doc: saved };
}

async function verify(
  doc: RunDocument,
  ports: Pick<Ports, 'artifacts' | 'trace'>,
): Promise<Record<string, unknown>> {
  const check = await checkOf(doc, ports);
  const order = verifyOrder(doc, check.check, check);
  const [item] = await writeOrders([order], ports);
  const next: RunDocument = { ...doc, verify: { job: order.prefix, phase: doc.phase, ok: null } };
  return { outcome: 'verify', verify: item, doc: await saveDocument(ports, next) };
}
