import { type Project, STANDARD_SIZE } from '../../../core/projects/project.ts';

export { tree } from '../projects/trees.ts';

/** A project named like its folder. */
export function projectIn(dir: string, more: Partial<Project> = {}): Project {
  return {
    name: dir,
    dir,
    workspace: 'default',
    dependsOn: [],
    whenModified: [],
    variables: {},
    secrets: {},
    size: STANDARD_SIZE,
    ...more,
  };
}
