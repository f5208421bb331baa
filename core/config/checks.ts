import { cycleIn } from '../projects/cycle.ts';
import { didYouMean } from '../projects/nearest.ts';
import { COMMANDS } from '../terraform/allowlist.ts';
import type { Config, ProjectConfig } from './types.ts';

/** What a schema cannot say: names that are there twice, names that are not there, circles. */
export function contentProblems(config: Config): string[] {
  const cycle = cycleIn(new Map(config.projects.map((p) => [p.name, p.dependsOn.map((d) => d.name)])));
  const first = config.projects.find((project) => project.name === cycle?.[0]);
  return [
    ...twice(config.projects, (p) => p.name, 'name'),
    ...twice(config.projects, (p) => `${p.dir}@${p.workspace}`, 'folder and workspace'),
    ...(cycle && first ? [`${first.at}: depends_on goes in a circle: ${cycle.join(' -> ')}`] : []),
    // With discovery on, a name may belong to a root that is not listed: the tree tells (see discover.ts).
    ...(config.discover
      ? []
      : unknownNames(
          config,
          config.projects.map((project) => project.name),
        )),
  ];
}

/** What people are allowed to run, and Cairn does not. `at` says where the file has it. */
export function commandProblems({ commands }: Config, at: (index: number) => string): string[] {
  return commands.allow.flatMap((name, index) => {
    if (COMMANDS.includes(name)) return [];
    const known = didYouMean(name, COMMANDS) || `; known are ${COMMANDS.join(', ')}`;
    return [`${at(index)}: there is no command "${name}"${known}`];
  });
}

/** References to projects that are not among `names`. */
export function unknownNames(config: Config, names: readonly string[]): string[] {
  const known = new Set(names);
  const wanted = config.projects.flatMap((project) => project.dependsOn);
  const globs = Object.values(config.environments).flatMap((e) => e.projects ?? []);
  return [...wanted, ...globs.filter((reference) => !isGlob(reference.name))]
    .filter((reference) => !known.has(reference.name))
    .map(
      (reference) =>
        `${reference.at}: there is no project "${reference.name}"${didYouMean(reference.name, names) || listed(names)}`,
    );
}

export function isGlob(name: string): boolean {
  return /[*?[\]{}!()]/.test(name);
}

function listed(names: readonly string[]): string {
  if (names.length === 0) return '; no project was found';
  return `; there ${names.length === 1 ? 'is' : 'are'} ${names.slice(0, 10).join(', ')}${names.length > 10 ? `, and ${names.length - 10} more` : ''}`;
}

function twice(projects: ProjectConfig[], key: (project: ProjectConfig) => string, what: string): string[] {
  const seen = new Map<string, ProjectConfig>();
  const problems: string[] = [];
  for (const project of projects) {
    const other = seen.get(key(project));
    if (other) problems.push(`${project.at}: has the same ${what} as ${other.at}: ${key(project)}`);
    else seen.set(key(project), project);
  }
  return problems;
}
