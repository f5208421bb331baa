import { writeFileSync } from 'node:fs';
import type { Job } from '../core/jobs/job.ts';
import type { Context } from './context.ts';

/**
 * The environment of terraform and of what it starts, built from nothing: none of the executor's own
 * variables is in it but the PATH and what its host passes on. Cairn's come last, no secret or variable of a
 * project replaces them.
 */
export function baseEnv({ job, dirs, secrets, host, passed }: Context): Record<string, string> {
  return {
    ...secrets,
    ...passed,
    PATH: host['PATH'] ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: dirs.home,
    TMPDIR: dirs.tmp,
    LANG: 'C.UTF-8',
    // Shows as `Who` in a state lock, where the user has no name: this job's own lock is known by it.
    USER: lockOwner(job),
  };
}

export function lockOwner({ runId, id }: Job): string {
  return `cairn-${`${runId}-${id}`.replace(/[^A-Za-z0-9_.-]/g, '-')}`;
}

/** What terraform needs on top. */
export function terraformEnv(
  base: Record<string, string>,
  project: { variables: Record<string, string>; workspace: string },
  states: string | null,
  cliConfig: string,
): Record<string, string> {
  const variables = Object.entries(project.variables).map(([name, value]) => [`TF_VAR_${name}`, value]);
  return {
    ...Object.fromEntries(variables),
    ...(states === null ? {} : { TF_VAR_cairn_state: states }),
    ...base,
    TF_IN_AUTOMATION: '1',
    TF_INPUT: '0',
    CHECKPOINT_DISABLE: '1',
    TF_CLI_CONFIG_FILE: cliConfig,
  };
}

/**
 * Terraform's own configuration: a read-only mirror of providers if the host has one, else straight from the
 * registry. Never a shared plugin cache: it is not safe for several terraforms at a time.
 */
export function writeCliConfig(path: string, mirror: string | undefined): void {
  const source = mirror ? `filesystem_mirror {\n    path = ${JSON.stringify(mirror)}\n  }` : 'direct {}';
  writeFileSync(path, `disable_checkpoint = true\nprovider_installation {\n  ${source}\n}\n`);
}

/** JSON as terraform reads it from a variable: an HCL expression, in which `${` would begin a template. */
export function asExpression(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll('${', () => '$${')
    .replaceAll('%{', '%%{');
}
