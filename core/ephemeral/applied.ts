import type { Ports } from '../ports.ts';
import { newProgress, type ProjectProgress } from '../projects/progress.ts';
import { currentPass, type RunDocument } from '../runs/document.ts';
import { changeEnvironment } from './change-environment.ts';
import type { AppliedProject } from './environment.ts';
import { isEphemeral } from './name.ts';

/** All that its destruction needs, whatever becomes of the branch and of the configuration. */
export function appliedOf(doc: RunDocument, progress: ProjectProgress): AppliedProject {
  const { project, commit, state, address, backendConfig, content } = progress;
  const buildOutputs = doc.build?.outputs ?? progress.buildOutputs;
  return { project, commit, state, address, backendConfig, content, buildOutputs };
}

/**
 * Right before something of an ephemeral environment is applied: from here on it may exist, and is known to. Until
 * the run ends well its state says that it is half made.
 */
export async function noteApplies(
  doc: RunDocument,
  names: readonly string[],
  ports: Pick<Ports, 'ephemerals'>,
): Promise<void> {
  if (doc.request.command !== 'ephemeral' || !isEphemeral(doc.environment)) return;
  const { projects } = currentPass(doc);
  const made = names
    .map((name) => projects[name])
    .filter((p) => p !== undefined)
    .filter((p) => !p.destroy);
  const applied = Object.fromEntries(made.map((p) => [p.project.name, appliedOf(doc, p)]));
  const known = await changeEnvironment(ports, doc.repository, doc.environment, (current) => ({
    ...current,
    state: 'launching',
    commit: doc.commit,
    applied: { ...current.applied, ...applied },
  }));
  if (!known) throw new Error(`${doc.environment} is not known: nothing of it may be applied`);
}

/** A project that the commit has no more, as it was applied: what it made goes. */
export function goneProgress({ content, ...applied }: AppliedProject): ProjectProgress {
  return newProgress(applied.project, {
    ...applied,
    destroy: true,
    formerState: null,
    reasons: ['its root is not in this commit'],
    content,
    reuse: content,
  });
}
