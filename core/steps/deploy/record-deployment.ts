import type { Ports } from '../../ports.ts';
import type { ProjectProgress } from '../../projects/progress.ts';
import { entryHead, type RecordEntry } from '../../record/entry.ts';
import { type EnvironmentRecord, historyLine } from '../../record/schema.ts';
import { writeRecord } from '../../record/write.ts';
import { type Pass, type RunDocument, settled } from '../../runs/document.ts';
import { loadDocument } from '../../runs/store.ts';
import { documentInput } from '../input.ts';
import { step } from '../step.ts';

/** Leaves the mark in Git: what happened, and what the environment is now. A run that was overtaken leaves none. */
export const recordDeployment = step({
  input: documentInput,
  ports: ['artifacts', 'clock', 'git', 'links', 'source'],
  async run({ doc: key }, ports) {
    const doc = settled(await loadDocument(ports, key));
    if (doc.outcome === 'superseded' || doc.outcome === 'planned') return {};
    const at = ports.clock.now().toISOString();
    const record = await writeRecord(ports, doc.repository, doc.environment, (current) =>
      entryOf(doc, current, at, ports.links),
    );
    return { deployment: record.deployment };
  },
});

function entryOf(
  doc: RunDocument,
  current: EnvironmentRecord | null,
  at: string,
  links: Ports['links'],
): RecordEntry {
  const all = Object.values(doc.deploy.projects);
  return {
    ...entryHead(doc, at, links),
    outcome: historyOutcome(doc.outcome),
    despiteFreeze: despiteFreeze(doc),
    failure: doc.broken ?? doc.failure?.message ?? null,
    build: doc.build?.outputs ?? null,
    applied: doc.deploy.waves
      .flat()
      .filter((name) => all.some((p) => p.project.name === name && p.apply !== null)),
    after: afterwards(doc, current),
  };
}

function despiteFreeze({ request, frozen, failure }: RunDocument): string | null {
  const went = 'despiteFreeze' in request && request.despiteFreeze && failure?.stage !== 'freeze';
  return went ? (frozen?.reason ?? null) : null;
}

/** The others are not those of a deployment. */
const DEPLOYMENTS: readonly string[] = historyLine.shape.outcome.options;

function historyOutcome(outcome: RunDocument['outcome']): RecordEntry['outcome'] {
  return DEPLOYMENTS.includes(outcome ?? '') ? (outcome as RecordEntry['outcome']) : 'failed';
}

function afterwards(doc: RunDocument, current: EnvironmentRecord | null): RecordEntry['after'] {
  const unchanged: RecordEntry['after'] = {
    state: current?.state ?? 'ok',
    commit: current?.commit ?? null,
    projects: {},
    removed: [],
    failed: current?.failed ?? {},
    revert: current?.revert ?? null,
    broken: current?.broken ?? null,
  };
  switch (doc.outcome) {
    case 'deployed':
    case 'nothing':
      return { ...good(doc, doc.deploy), state: 'ok', failed: {}, revert: null };
    case 'rolled-back':
      return {
        ...good(doc, doc.rollback ?? doc.deploy),
        state: 'rollback',
        failed: doc.rollback ? failedContents(doc) : doc.takenBack,
        revert: doc.revert ? { pull: doc.revert.pull, branch: doc.revert.branch } : (current?.revert ?? null),
      };
    case 'broken':
      return { ...unchanged, state: 'broken', broken: doc.broken };
    default:
      return unchanged;
  }
}

/** What a pass that went through made of the environment. */
function good(doc: RunDocument, pass: Pass): Omit<RecordEntry['after'], 'state' | 'failed' | 'revert'> {
  const done = Object.values(pass.projects).filter((p) => p.status === 'applied' || p.status === 'empty');
  const stands = done.filter((p) => !p.destroy);
  return {
    commit: pass.commit,
    projects: Object.fromEntries(stands.flatMap((p) => recorded(doc, p))),
    removed: [
      ...done.filter((p) => p.destroy).map((p) => p.project.name),
      ...(pass === doc.deploy ? doc.moved.map(({ from }) => from) : []),
    ],
    broken: null,
  };
}

function recorded(
  doc: RunDocument,
  p: ProjectProgress,
): [string, RecordEntry['after']['projects'][string]][] {
  if (!p.plan) return [];
  const { dir, workspace, dependsOn, name } = p.project;
  return [
    [
      name,
      {
        dir,
        workspace,
        dependsOn,
        commit: p.commit,
        digest: p.content,
        planDigest: p.plan.digest,
        terraform: p.plan.terraform,
        providers: p.plan.providers,
        address: p.address,
        buildOutputs: doc.phase === 'deploy' ? (doc.build?.outputs ?? p.buildOutputs) : p.buildOutputs,
      },
    ],
  ];
}

/** The one whose apply failed; where the check failed, nobody knows which: all that were applied. */
function failedContents(doc: RunDocument): Record<string, string> {
  const all = Object.values(doc.deploy.projects);
  const failed = all.filter((p) => p.status === 'apply-failed' || p.status === 'plan-failed');
  const blamed = failed.length > 0 ? failed : all.filter((p) => p.apply !== null);
  return Object.fromEntries(blamed.map((p) => [p.project.name, p.content]));
}
