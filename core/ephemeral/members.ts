import type { EphemeralConfig } from '../config/types.ts';
import { InvalidInput } from '../errors.ts';
import { nameMatcher } from '../projects/discover.ts';
import { didYouMean } from '../projects/nearest.ts';
import type { Project } from '../projects/project.ts';
import type { AppliedProject, Ephemeral } from './environment.ts';

export interface Members {
  /** What is planned and applied. */
  chosen: Project[];
  /** Applied once, and not in this commit any more. */
  gone: AppliedProject[];
}

/**
 * The projects that an environment is made of: those that were asked for with all that they depend on, else all; and
 * whatever was applied to it before, so that none is left behind.
 */
export function membersOf(
  all: readonly Project[],
  asked: readonly string[] | undefined,
  known: Pick<Ephemeral, 'projects' | 'applied'>,
): Members {
  const names = new Set(all.map(({ name }) => name));
  const missing = asked?.find((name) => !names.has(name));
  if (missing !== undefined) {
    throw new InvalidInput(
      `There is no project "${missing}" in this commit${didYouMean(missing, [...names]) || `; there is ${[...names].join(', ')}.`}`,
    );
  }
  const applied = Object.values(known.applied);
  const wanted = wantedBy(asked, known.projects);
  const start = wanted === null ? [...names] : [...wanted, ...applied.map(({ project }) => project.name)];
  const chosen = withUpstream(start, all);
  return {
    chosen: all.filter(({ name }) => chosen.has(name)),
    gone: applied.filter(({ project }) => !names.has(project.name)),
  };
}

/** What was asked for before stays in it; null: all. */
export function wantedBy(asked: readonly string[] | undefined, before: string[] | null): string[] | null {
  return before === null ? null : [...new Set([...before, ...(asked ?? [])])].sort();
}

function withUpstream(names: Iterable<string>, all: readonly Project[]): Set<string> {
  const projects = new Map(all.map((project) => [project.name, project]));
  const found = new Set(names);
  // A set hands out what is added to it while it is walked.
  for (const name of found) for (const other of projects.get(name)?.dependsOn ?? []) found.add(other);
  return found;
}

/** Of a commit's projects those that `ephemeral.projects` lets in. A name that this commit lacks is no mistake of its own. */
export function allowedIn(projects: readonly Project[], rules: Pick<EphemeralConfig, 'projects'>): Project[] {
  const matches = rules.projects === null ? () => true : nameMatcher(rules.projects.map(({ name }) => name));
  return projects.filter(matches);
}

/** What a project needs and the environment does not have, as sentences. */
export function missingUpstream(
  chosen: readonly Project[],
  all: readonly Project[],
  mayRead: readonly string[],
): string[] {
  const there = new Set(all.map(({ name }) => name));
  const free = nameMatcher(mayRead);
  return chosen
    .filter((project) => !free(project))
    .flatMap(({ name, dependsOn }) => {
      const missing = dependsOn.filter((other) => !there.has(other));
      if (missing.length === 0) return [];
      return [
        `${name}: it depends on ${missing.join(', ')}, which \`ephemeral.projects\` leaves out. Name ${missing.length === 1 ? 'it' : 'them'} there too; or, if ${name} reads what is permanent instead, say \`ephemeral: { reads: [${name}] }\` in cairn.yaml on the default branch.`,
      ];
    });
}

/** What is really gone: a state that a project of this commit has under another name was not given up, but moved. */
export function withoutMoved(
  gone: readonly AppliedProject[],
  places: ReadonlyMap<string, { address: { key: string } | null }>,
): AppliedProject[] {
  const taken = new Set([...places.values()].map(({ address }) => address?.key));
  return gone.filter(({ address }) => address === null || !taken.has(address));
}

/** A state that this commit would look for elsewhere, as sentences: what stands would be left behind, and made twice. */
export function movedStates(
  places: ReadonlyMap<string, { address: { key: string } | null }>,
  known: Pick<Ephemeral, 'environment' | 'applied'>,
): string[] {
  return Object.entries(known.applied).flatMap(([name, { address }]) => {
    const place = places.get(name);
    if (!place || (place.address?.key ?? null) === address) return [];
    return [
      `${name}: its state would be elsewhere than it is. Take the environment down first: \`cairn env down ${known.environment}\`.`,
    ];
  });
}
