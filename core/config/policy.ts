import { isDeepStrictEqual } from 'node:util';
import { NotFound } from '../errors.ts';
import type { Guards } from '../plans/guard.ts';
import { didYouMean } from '../projects/nearest.ts';
import type { SecretRefs } from '../projects/project.ts';
import type { Approval, Build, Config, EnvironmentConfig, Verify } from './types.ts';

/** What decides how an environment is deployed: never read from the very change that it decides about. */
export interface Policy {
  approval: Approval;
  rollback: EnvironmentConfig['rollback'];
  removed: EnvironmentConfig['removed'];
  verify: Verify | null;
  build: Build | null;
  whileFrozen: EnvironmentConfig['whileFrozen'];
  guards: Guards;
  /** By project name, then by environment variable. */
  secrets: Record<string, Record<string, SecretRefs>>;
}

interface EffectivePolicy {
  policy: Policy;
  /** What the proposed configuration would make of it, as sentences. */
  changes: string[];
}

/** Throws NotFound for an environment that the configuration does not have. */
export function policyOf(config: Config, environment: string): Policy {
  const own = Object.hasOwn(config.environments, environment) ? config.environments[environment] : undefined;
  if (!own) {
    const names = Object.keys(config.environments);
    throw new NotFound(
      `There is no environment "${environment}" in ${config.file ?? 'the zero configuration'}` +
        (didYouMean(environment, names) || `; there is ${names.join(', ')}.`),
    );
  }
  const { approval, rollback, removed, verify, build, whileFrozen } = own;
  const { guards } = config;
  return { approval, rollback, removed, verify, build, whileFrozen, guards, secrets: secretsOf(config) };
}

function secretsOf(config: Config): Policy['secrets'] {
  const some = config.projects.filter((project) => Object.keys(project.secrets).length > 0);
  return Object.fromEntries(some.map((project) => [project.name, project.secrets]));
}

/**
 * The policy in force: of what was approved (a pull request's base branch, a push's last good commit), not of
 * what is proposed. With nothing approved yet, or not for this environment, the proposed one is taken with an
 * approval that cannot be waived. Secrets are then left out, unless `firstDeploy` says that `proposed` is what
 * was merged to the environment's branch: a pull request must not choose which secret its own plan reads.
 */
export function effectivePolicy(input: {
  approved: Config | null;
  proposed: Config;
  environment: string;
  firstDeploy?: boolean;
}): EffectivePolicy {
  const { approved, proposed, environment } = input;
  const wanted = policyOf(proposed, environment);
  if (approved && Object.hasOwn(approved.environments, environment)) {
    const policy = policyOf(approved, environment);
    return { policy, changes: changesBetween(policy, wanted) };
  }
  const first = { ...wanted, approval: { ...wanted.approval, required: true } };
  const changes = wanted.approval.required
    ? []
    : [
        `approval.required: true -> false (takes effect after it is approved: a first deployment always waits for a person)`,
      ];
  if (!approved) return { policy: { ...first, secrets: input.firstDeploy ? wanted.secrets : {} }, changes };

  // A new environment of a repository with others: what holds for all of them stays as approved.
  const policy = { ...first, guards: approved.guards, secrets: secretsOf(approved) };
  return {
    policy,
    changes: [...changes, ...changesBetween(policy, { ...wanted, approval: policy.approval })],
  };
}

const YAML_NAME = new Map([
  ['notAuthor', 'not_author'],
  ['maxDestroy', 'max_destroy'],
  ['whileFrozen', 'while_frozen'],
]);

function changesBetween(before: Policy, after: Policy): string[] {
  return differences('', before, after).map((line) => `${line} (takes effect after it is approved)`);
}

/** Down to the keys that people write; lists and deeper things are shown whole. */
function differences(path: string, before: unknown, after: unknown): string[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (!isPlain(before) || !isPlain(after)) return [`${path}: ${show(before)} -> ${show(after)}`];
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return keys.flatMap((key) =>
    differences(`${path}${path === '' ? '' : '.'}${YAML_NAME.get(key) ?? key}`, before[key], after[key]),
  );
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  return value === undefined || value === null ? 'none' : JSON.stringify(value);
}
