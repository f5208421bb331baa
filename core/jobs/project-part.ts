import { isDeepStrictEqual } from 'node:util';
import type { ProjectProgress } from '../projects/progress.ts';
import { currentPass, type RunDocument } from '../runs/document.ts';
import type { PlanJob } from './job.ts';
import { segment, stateKey } from './keys.ts';

/** What a job is told of its project. */
export function projectPart(doc: RunDocument, progress: ProjectProgress): PlanJob['project'] {
  const { name, dir, workspace, variables, dependsOn } = progress.project;
  const upstream: PlanJob['project']['upstream'] = {};
  for (const other of dependsOn) {
    const backend = upstreamBackend(doc, other);
    upstream[other] = backend
      ? { kind: 'remote', backend: backend.type, config: backend.config }
      : { kind: 'file', file: upstreamFile(other) };
  }
  return {
    name,
    dir,
    workspace,
    state: progress.state === 'kept' ? { kind: 'file' } : { kind: 'own', config: progress.backendConfig },
    variables: { ...variables, ...buildOutputs(doc, progress), cairn_environment: doc.environment },
    upstream,
  };
}

/** A rollback plans with what the good deployment was built with; nothing is rebuilt. */
function buildOutputs(doc: RunDocument, progress: ProjectProgress): Record<string, string> {
  if (doc.phase === 'rollback' || progress.destroy) return progress.buildOutputs;
  return doc.build?.outputs ?? progress.buildOutputs;
}

function upstreamBackend(doc: RunDocument, name: string): RunDocument['backends'][string] | null {
  return doc.backends[name] ?? null;
}

function upstreamFile(name: string): string {
  return `upstream-${segment(name)}.tfstate`;
}

/** Keys of the states that a project reads and Cairn keeps, by the name of the file in its job. */
export function upstreamStates(doc: RunDocument, progress: ProjectProgress | null): Record<string, string> {
  const upstream: Record<string, string> = {};
  for (const name of progress?.project.dependsOn ?? []) {
    if (upstreamBackend(doc, name)) continue;
    const other = currentPass(doc).projects[name];
    // A renamed project's state stays under its former name until it is applied under the new one.
    const former = other && other.status !== 'applied' ? other.formerState : null;
    upstream[upstreamFile(name)] = former ?? stateKey(doc, name);
  }
  return upstream;
}

/** Values of secrets are hidden from what people see: with other values something else would be hidden. */
export function hasSameSecrets(progress: ProjectProgress): boolean {
  return isDeepStrictEqual(secretsFor(progress, 'plan'), secretsFor(progress, 'apply'));
}

/** References to its secrets, by the name of the variable. */
export function secretsFor(progress: ProjectProgress, stage: 'plan' | 'apply'): Record<string, string> {
  const refs: Record<string, string> = {};
  for (const [name, ref] of Object.entries(progress.project.secrets)) {
    const value = stage === 'apply' ? (ref.apply ?? ref.plan) : ref.plan;
    if (value) refs[name] = value;
  }
  return refs;
}
