import { CONFIG_FILE } from '../config/load-config.ts';
import { type Policy, policyOf } from '../config/policy.ts';
import type { Config, EnvironmentConfig, EphemeralConfig } from '../config/types.ts';
import { InvalidInput } from '../errors.ts';
import { nameMatcher } from '../projects/discover.ts';
import type { ProjectProgress } from '../projects/progress.ts';
import type { EphemeralPart } from './part.ts';

/** What the default branch says of ephemeral environments. Throws InvalidInput where it says nothing. */
export function ephemeralConfig(base: Config | null, branch: string): EphemeralConfig {
  if (base?.ephemeral) return base.ephemeral;
  throw new InvalidInput(
    `No ephemeral environment can be made yet: ${CONFIG_FILE} on ${branch} has no "ephemeral". ` +
      `Somebody adds \`ephemeral: { ttl: 8h }\` at its top level there; what it says is what every one of them is made by.`,
  );
}

/**
 * The configuration of a commit with an environment more, which is made by what the default branch says: nobody's
 * branch chooses its own approval, check, build or variables. Which projects are in it is chosen afterwards.
 */
export function withEphemeral(config: Config, base: Config, environment: string): Config {
  const { ephemeral } = base;
  if (!ephemeral) return config;
  const { approval, variables, verify, build } = ephemeral;
  const made: EnvironmentConfig = {
    branch: '',
    approval,
    // What fails is destroyed: there is nothing to go back to.
    rollback: 'off',
    removed: 'report',
    projects: null,
    variables,
    verify,
    build,
    whileFrozen: 'refuse',
    drift: null,
  };
  return { ...config, environments: { ...config.environments, [environment]: made } };
}

/**
 * Whether a project may read no state but those of the environment: in one that is made or updated. What ends goes,
 * whatever it read.
 */
export function readsOwnOnly(
  ephemeral: EphemeralPart | null,
  { project, destroy }: Pick<ProjectProgress, 'project' | 'destroy'>,
): boolean {
  return ephemeral?.rules !== undefined && !destroy && !nameMatcher(ephemeral.rules.reads)(project);
}

/** Guards as everywhere; secrets are those of permanent environments, so that only projects that are named get theirs. */
export function ephemeralPolicy(base: Config, environment: string): Policy {
  const policy = policyOf(withEphemeral(base, base, environment), environment);
  const mayHave = nameMatcher(base.ephemeral?.secrets ?? []);
  const secrets = Object.entries(policy.secrets).filter(([name]) => mayHave({ name }));
  return { ...policy, secrets: Object.fromEntries(secrets) };
}
