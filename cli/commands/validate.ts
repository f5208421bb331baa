import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { parseHcl } from '../../adapters/hcl.ts';
import { folderTree } from '../../adapters/tree.ts';
import { CairnError, InvalidConfig } from '../../core/errors.ts';
import { affectedProjects } from '../../core/projects/affected.ts';
import { defaultConfig, parseConfig } from '../../core/projects/config.ts';
import type { Config } from '../../core/projects/config-types.ts';
import { CONFIG_FILE } from '../../core/projects/load-config.ts';
import type { Tree } from '../../core/projects/project.ts';
import { waves } from '../../core/projects/waves.ts';
import { CliError, EXIT } from '../exit.ts';
import { type Io, plain } from '../io.ts';

interface Verdict {
  ok: boolean;
  /** `cairn.yaml:12:3: …`, each with what to do. */
  problems: string[];
  /** Environment -> its projects in the order of applying, wave by wave. */
  environments: Record<string, string[][]>;
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
  const verdict = await check(root);
  if (flags.json) io.out(`${JSON.stringify(verdict, null, 2)}\n`);
  else show(verdict, io);
  return verdict.ok ? EXIT.ok : EXIT.bad;
}

async function check(root: string): Promise<Verdict> {
  const environments: Verdict['environments'] = {};
  const problems = new Set<string>();
  const warnings = new Set<string>();
  try {
    const tree = await folderTree(root);
    const config = tree.has(CONFIG_FILE)
      ? parseConfig(tree.read(CONFIG_FILE), CONFIG_FILE)
      : defaultConfig('main');
    for (const environment of Object.keys(config.environments)) {
      for (const problem of await checkEnvironment(tree, config, environment, environments, warnings))
        problems.add(problem);
    }
  } catch (error) {
    for (const problem of problemsOf(error)) problems.add(problem);
  }
  return { ok: problems.size === 0, problems: [...problems], environments, warnings: [...warnings] };
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

function show({ ok, problems, environments, warnings }: Verdict, io: Io): void {
  for (const problem of problems) io.err(`${plain(problem)}\n`);
  for (const warning of warnings) io.err(`warning: ${plain(warning)}\n`);
  if (!ok) return;
  for (const [environment, order] of Object.entries(environments)) {
    const count = order.flat().length;
    io.out(`${environment}: ${count} project${count === 1 ? '' : 's'}\n`);
    for (const [index, wave] of order.entries()) io.out(`  ${index + 1}. ${plain(wave.join(', '))}\n`);
  }
}
