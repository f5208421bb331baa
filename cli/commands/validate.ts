import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { parseHcl } from '../../adapters/hcl.ts';
import { folderTree } from '../../adapters/tree.ts';
import { defaultConfig, parseConfig } from '../../core/config/config.ts';
import { CONFIG_FILE } from '../../core/config/load-config.ts';
import type { Config } from '../../core/config/types.ts';
import { CairnError, InvalidConfig } from '../../core/errors.ts';
import { affectedProjects } from '../../core/projects/affected.ts';
import type { Tree } from '../../core/projects/project.ts';
import { waves } from '../../core/projects/waves.ts';
import { CliError, EXIT } from '../exit.ts';
import { type Io, plain } from '../io.ts';
import { driftChecks, ephemeralLine, ephemeralOf, writingCommands } from './validate-more.ts';

interface Verdict {
  ok: boolean;
  /** `cairn.yaml:12:3: …`, each with what to do. */
  problems: string[];
  /** Environment -> its projects in the order of applying, wave by wave. */
  environments: Record<string, string[][]>;
  /** What an ephemeral environment would be made of, wave by wave; null where none can be made. */
  ephemeral: { projects: string[][]; time: string } | null;
  /** Environment -> when drift is looked for next: ISO 8601, UTC. */
  drift: Record<string, string[]>;
  /** Terraform commands that people may run and that change something. */
  writes: string[];
  /** Folders whose files cannot be read; what depends on them is planned all the same. */
  warnings: string[];
}

/** `cairn validate [FOLDER]`: the configuration and the tree it is about, without a server or a network. */
export async function validate(
  folder: string | undefined,
  flags: { json?: boolean },
  io: Io,
): Promise<number> {
  const root = path.resolve(io.cwd, folder ?? '.');
  if (!existsSync(root) || !statSync(root).isDirectory()) {
    throw new CliError(
      EXIT.usage,
      `${root} is no folder. Give the root of the repository, where ${CONFIG_FILE} is.`,
    );
  }
  const verdict = await check(root, new Date());
  if (flags.json) io.out(`${JSON.stringify(verdict, null, 2)}\n`);
  else show(verdict, io);
  return verdict.ok ? EXIT.ok : EXIT.bad;
}

async function check(root: string, now: Date): Promise<Verdict> {
  const environments: Verdict['environments'] = {};
  const problems = new Set<string>();
  const warnings = new Set<string>();
  const more: Pick<Verdict, 'ephemeral' | 'drift' | 'writes'> = { ephemeral: null, drift: {}, writes: [] };
  try {
    const tree = await folderTree(root);
    const config = tree.has(CONFIG_FILE)
      ? parseConfig(tree.read(CONFIG_FILE), CONFIG_FILE)
      : defaultConfig('main');
    for (const environment of Object.keys(config.environments)) {
      for (const problem of await checkEnvironment(tree, config, environment, environments, warnings))
        problems.add(problem);
    }
    more.drift = driftChecks(config, now);
    more.writes = writingCommands(config);
    const ephemeral = await ephemeralOf(tree, config);
    more.ephemeral = ephemeral && { projects: ephemeral.waves, time: ephemeralLine(config) };
    for (const problem of ephemeral?.problems ?? []) problems.add(problem);
  } catch (error) {
    for (const problem of problemsOf(error)) problems.add(problem);
  }
  return { ok: problems.size === 0, problems: [...problems], environments, ...more, warnings: [...warnings] };
}

async function checkEnvironment(
  tree: Tree,
  config: Config,
  environment: string,
  environments: Verdict['environments'],
  warnings: Set<string>,
): Promise<string[]> {
  try {
    const { projects, all, graph } = await affectedProjects({
      base: null,
      head: tree,
      config,
      environment,
      hcl: parseHcl,
    });
    for (const { broken } of graph.modules.values()) if (broken !== null) warnings.add(broken);
    environments[environment] = waves(projects, all);
    return [];
  } catch (error) {
    return problemsOf(error);
  }
}

function problemsOf(error: unknown): string[] {
  if (error instanceof InvalidConfig) return error.problems;
  if (error instanceof CairnError) return [error.message];
  throw error;
}

function show(verdict: Verdict, io: Io): void {
  const { ok, problems, environments, ephemeral, drift, writes, warnings } = verdict;
  for (const problem of problems) io.err(`${plain(problem)}\n`);
  for (const warning of warnings) io.err(`warning: ${plain(warning)}\n`);
  if (!ok) return;
  for (const [environment, order] of Object.entries(environments)) {
    io.out(`${environment}: ${count(order)}\n${inOrder(order)}`);
    const checks = (drift[environment] ?? []).map((at) => at.slice(0, 16).replace('T', ' '));
    if (checks.length > 0) io.out(`  drift is looked for at ${checks.join(', ')} UTC, and so on\n`);
  }
  if (ephemeral) {
    io.out(`an ephemeral environment (${ephemeral.time}): ${count(ephemeral.projects)}\n`);
    io.out(inOrder(ephemeral.projects));
  }
  if (writes.length > 0)
    io.out(`commands that change something, with approval and lock: ${writes.join(', ')}\n`);
}

function count(order: string[][]): string {
  const projects = order.flat().length;
  return `${projects} project${projects === 1 ? '' : 's'}`;
}

function inOrder(order: string[][]): string {
  return order.map((wave, index) => `  ${index + 1}. ${plain(wave.join(', '))}\n`).join('');
}
