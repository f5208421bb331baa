import { stateKey } from '../../jobs/keys.ts';
import type { Ports } from '../../ports.ts';
import { affectedProjects } from '../../projects/affected.ts';
import { dependentsOf, waves } from '../../projects/waves.ts';
import { readRecord } from '../../record/read.ts';
import { type RunDocument, touchedTheWorld } from '../../runs/document.ts';
import { whyNoRollback } from '../../runs/pass.ts';
import { progressOf, readCommit } from '../../runs/resolve.ts';
import { loadDocument, saveDocument } from '../../runs/store.ts';
import { tell } from '../../runs/tell.ts';
import { documentInput } from '../input.ts';
import { step } from '../step.ts';

/**
 * The way back: from the last good commit, what this run touched and what depends on it, in forward order;
 * then what exists only in the failed commit is destroyed, in reverse order, if the environment allows it.
 */
export const prepareRollback = step({
  input: documentInput,
  ports: ['archives', 'artifacts', 'binaries', 'clock', 'git', 'hcl', 'sizes', 'source', 'status'],
  async run({ doc: key }, ports) {
    const doc = await loadDocument(ports, key);
    if (!touchedTheWorld(doc)) return { outcome: 'done', doc: await saveDocument(ports, doc) };
    const impossible = whyNoRollback(doc);
    if (impossible) return broken(doc, impossible, ports);

    const back = await wayBack(doc, ports);
    if (back === null)
      return broken(doc, 'what failed is what was good before: there is nothing else to go back to', ports);
    const saved = await saveDocument(ports, back);
    const names = Object.keys(back.rollback?.projects ?? {}).join(', ');
    await tell(ports, back, 'rollback.started', `Takes ${names} back to ${(doc.base ?? '').slice(0, 7)}.`);
    return { outcome: 'next', doc: saved };
  },
});

async function broken(
  doc: RunDocument,
  why: string,
  ports: Pick<Ports, 'artifacts'>,
): Promise<Record<string, unknown>> {
  const reason = `${doc.environment} was left half way, because ${why}. ${doc.failure?.message ?? ''}`.trim();
  return { outcome: 'done', doc: await saveDocument(ports, { ...doc, outcome: 'broken', broken: reason }) };
}

async function wayBack(
  doc: RunDocument,
  ports: Pick<Ports, 'archives' | 'artifacts' | 'binaries' | 'git' | 'hcl' | 'sizes' | 'source'>,
): Promise<RunDocument | null> {
  const { repository, environment, policy } = doc;
  const base = doc.base ?? '';
  const good = await readCommit(ports, repository, base);
  const record = await readRecord(ports, repository, environment);
  const { all, addresses, graph } = await affectedProjects({
    base: null,
    head: good.tree,
    config: good.config,
    environment,
    hcl: ports.hcl,
  });
  const touched = Object.values(doc.deploy.projects).filter((p) => p.apply?.started);
  // What was renamed goes back under its former name, with the state that it has now.
  const renamed = doc.moved.filter(({ to }) => touched.some((p) => p.project.name === to));
  const names = new Set([...touched.map((p) => p.project.name), ...renamed.map(({ from }) => from)]);
  for (const name of dependentsOf(names, all)) names.add(name);
  const restored = all.filter((project) => names.has(project.name));

  const context = {
    commit: base,
    tree: good.tree,
    graph,
    environment,
    policy,
    record,
    binaries: ports.binaries,
    sizes: ports.sizes,
    addresses,
  };
  const progress = restored.map((project) => {
    const now = renamed.find(({ from }) => from === project.name)?.to;
    const formerState = now === undefined ? null : stateKey(doc, now);
    return progressOf(project, context, { reasons: ['the way back'], destroy: false, formerState });
  });
  if (sameContent(doc, progress)) return null;

  const known = new Set([...all.map(({ name }) => name), ...renamed.map(({ to }) => to)]);
  const added = touched.filter((p) => !p.destroy && !known.has(p.project.name));
  const destroyed = policy.removed === 'destroy' ? added : [];
  const goners = destroyed.map((p) => ({
    ...p,
    destroy: true,
    status: 'pending' as const,
    plan: null,
    violations: [],
    planJob: null,
    approved: null,
    apply: null,
    error: null,
  }));
  const projects = destroyed.map((p) => p.project);
  return {
    ...doc,
    phase: 'rollback',
    outcome: null,
    leftOver: added.filter((p) => !destroyed.includes(p)).map((p) => p.project.name),
    rollback: {
      commit: base,
      waves: [...waves(restored, all), ...waves(projects, projects).reverse()],
      wave: 0,
      stage: 'new',
      projects: Object.fromEntries([...progress, ...goners].map((p) => [p.project.name, p])),
    },
  };
}

/** A deploy whose content equals the last good one cannot be helped by going back to it. */
function sameContent(doc: RunDocument, good: { project: { name: string }; content: string }[]): boolean {
  const touched = Object.values(doc.deploy.projects).filter((p) => p.apply?.started);
  return touched.every((p) => good.some((g) => g.project.name === p.project.name && g.content === p.content));
}
