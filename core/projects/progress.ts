import type { ProjectProgress } from '../runs/document.ts';
import type { Project } from './project.ts';

/** A project at the start of a pass. */
export function newProgress(
  project: Project,
  rest: Pick<
    ProjectProgress,
    | 'commit'
    | 'destroy'
    | 'state'
    | 'address'
    | 'formerState'
    | 'reasons'
    | 'content'
    | 'reuse'
    | 'buildOutputs'
  > &
    Partial<Pick<ProjectProgress, 'backendConfig' | 'replace'>>,
): ProjectProgress {
  return {
    project,
    backendConfig: {},
    replace: [],
    ...rest,
    status: 'pending',
    waitsFor: null,
    reused: false,
    planJob: null,
    plan: null,
    violations: [],
    approved: null,
    apply: null,
    error: null,
  };
}
