import { InvalidInput } from '../errors.ts';
import type { Affected } from './affected.ts';
import { dependentsOf } from './waves.ts';

/**
 * What is affected, and what was asked for beside, whether it changed or not, with its dependents: what is made anew
 * below them may change them too. Throws InvalidInput for a project that is not there.
 */
export function withAskedFor(
  affected: Pick<Affected, 'projects' | 'all'>,
  asked: readonly string[] | undefined,
  environment: string,
): Affected['projects'] {
  if (asked === undefined) return affected.projects;
  const names = affected.all.map(({ name }) => name);
  const missing = asked.find((name) => !names.includes(name));
  if (missing !== undefined) {
    throw new InvalidInput(
      `There is no project "${missing}" in ${environment}; there is ${names.join(', ')}.`,
    );
  }
  const dependents = new Set(dependentsOf(asked, affected.all));
  return affected.all.flatMap((project) => {
    const before = affected.projects.find(({ name }) => name === project.name);
    if (asked.includes(project.name)) {
      return [{ ...project, reasons: [...(before?.reasons ?? []), 'asked for'], direct: true }];
    }
    if (before) return [before];
    const below = project.dependsOn.filter((name) => asked.includes(name) || dependents.has(name));
    return dependents.has(project.name)
      ? [{ ...project, reasons: below.map((name) => `depends on ${name}`), direct: false }]
      : [];
  });
}
