import { parseHcl } from '../../adapters/hcl.ts';
import { isGlob } from '../../core/config/checks.ts';
import type { Config, EphemeralConfig } from '../../core/config/types.ts';
import { nextMoments } from '../../core/drift/moments.ts';
import { withEphemeral } from '../../core/ephemeral/config.ts';
import { allowedIn, missingUpstream } from '../../core/ephemeral/members.ts';
import { foreignReads } from '../../core/ephemeral/reads.ts';
import { statePlaces } from '../../core/ephemeral/states.ts';
import { ttlText } from '../../core/ephemeral/times.ts';
import { discoverRoots, projectsOf } from '../../core/projects/discover.ts';
import { moduleGraph } from '../../core/projects/module-graph.ts';
import { didYouMean } from '../../core/projects/nearest.ts';
import type { Tree } from '../../core/projects/project.ts';
import { waves } from '../../core/projects/waves.ts';
import { subcommandOf } from '../../core/terraform/allowlist.ts';

/** An environment that is made up: what one would be made of does not depend on its name. */
const EXAMPLE = 'eph-example';
const CHECKS = 3;

/** What an ephemeral environment of this commit would be made of, wave by wave; null where none can be made. */
export async function ephemeralOf(
  tree: Tree,
  config: Config,
): Promise<{ waves: string[][]; problems: string[] } | null> {
  const { ephemeral: rules } = config;
  if (!rules) return null;
  const graph = moduleGraph(tree);
  const roots = discoverRoots(tree, config, graph);
  const there = projectsOf(withEphemeral(config, config, EXAMPLE), EXAMPLE, roots);
  const unknown = unknownProjects(config.file ?? '', rules, roots);
  const chosen = allowedIn(there, rules);
  const input = { tree, graph, projects: chosen, hcl: parseHcl };
  const { places, problems } = await statePlaces({ ...input, environment: EXAMPLE, state: rules.state });
  const own = [...places.values()].filter(({ address }) => address !== null);
  const inWorkspaces = rules.state.kind === 'workspace' ? own.map(({ project }) => project.name) : [];
  const reads = await foreignReads({
    ...input,
    allowed: rules.reads,
    inWorkspaces: new Set(inWorkspaces),
  });
  const all = [...problems, ...missingUpstream(chosen, chosen, rules.reads), ...reads];
  if (chosen.length === 0 && unknown.length === 0)
    all.push('no project is left: `ephemeral.projects` names none that is there.');
  return {
    waves: waves(chosen, chosen),
    problems: [...unknown, ...all.map((problem) => `ephemeral: ${problem}`)],
  };
}

/** Names of projects, where no pattern is meant, that no root of this folder has. */
function unknownProjects(file: string, rules: EphemeralConfig, roots: readonly { name: string }[]): string[] {
  const names = roots.map(({ name }) => name);
  const of = (key: string, list: readonly string[]) =>
    list.map((name) => ({ name, at: `${file}: ephemeral.${key}` }));
  const projects = (rules.outputs ?? []).map((output) => output.slice(0, output.lastIndexOf('.')));
  return [
    ...(rules.projects ?? []),
    ...of('reads', rules.reads),
    ...of('secrets', rules.secrets),
    ...of('outputs', projects),
  ]
    .filter(({ name }) => !isGlob(name) && !names.includes(name))
    .map(
      ({ name, at }) =>
        `${at}: there is no project "${name}"${didYouMean(name, names) || `; there is ${names.join(', ')}`}`,
    );
}

export function ephemeralLine({ ephemeral: rules }: Config): string {
  if (!rules) return '';
  const { ttl, maxTtl, limit, onPullRequest } = rules;
  const each = onPullRequest ? ', one for each pull request' : '';
  return `for ${ttlText(ttl)}, at most ${ttlText(maxTtl)}, ${limit} at a time${each}`;
}

/** When drift is looked for next, by environment: ISO 8601, UTC. */
export function driftChecks({ environments }: Config, now: Date): Record<string, string[]> {
  const checks = Object.entries(environments).flatMap(([name, { drift }]) =>
    drift
      ? [[name, nextMoments(drift.when, now, CHECKS).map((moment) => moment.toISOString())] as const]
      : [],
  );
  return Object.fromEntries(checks);
}

/** Of the terraform commands that people may run, those that change something. */
export function writingCommands({ commands }: Config): string[] {
  return commands.allow.filter((name) => subcommandOf(name.split(' '))?.row.kind !== 'read');
}
