import type { Guards } from '../plans/guard.ts';
import type { SecretRefs } from '../projects/project.ts';

/** `cairn.yaml` with its defaults filled in. Plain JSON; durations in seconds. */
export interface Config {
  /** Name of the file it was read from; null for zero configuration. */
  file: string | null;
  environments: Record<string, EnvironmentConfig>;
  projects: ProjectConfig[];
  discover: boolean;
  ignore: string[];
  guards: Guards;
  /** Null: no ephemeral environment can be made. */
  ephemeral: EphemeralConfig | null;
  /** Terraform commands that people may run, such as `state list`. */
  commands: { allow: string[] };
  /** `users`: GitHub login by Slack member id. */
  notifications: { slack: { channel: string; users: Record<string, string> } | null };
}

export interface EnvironmentConfig {
  branch: string;
  approval: Approval;
  rollback: 'automatic' | 'manual' | 'off';
  removed: 'report' | 'destroy';
  /** Names or globs over names; null: all. */
  projects: Reference[] | null;
  variables: Record<string, string>;
  verify: Verify | null;
  build: Build | null;
  whileFrozen: 'refuse' | 'queue';
  drift: Drift | null;
}

/** When what stands is compared with the last good commit. */
export interface Drift {
  when: { kind: 'cron'; cron: string; timeZone: string } | { kind: 'every'; seconds: number };
  reconcile: boolean;
}

/** What every ephemeral environment of the repository is made by. */
export interface EphemeralConfig
  extends Pick<EnvironmentConfig, 'approval' | 'projects' | 'variables' | 'verify' | 'build'> {
  onPullRequest: boolean;
  /** Seconds. */
  ttl: number;
  maxTtl: number;
  allowNever: boolean;
  /** Most that may exist at a time. */
  limit: number;
  /** Seconds before its end. */
  warn: number;
  /** For projects with a remote backend: `config` holds `{environment}` and `{project}`. */
  state: { kind: 'workspace' } | { kind: 'key'; config: Record<string, string> };
  /** Names or globs of projects that may read other states. */
  reads: string[];
  /** Names or globs of projects that get their secrets here too. */
  secrets: string[];
  /** `project.output`; null: every output named `url`. */
  outputs: string[] | null;
}

export interface Approval {
  required: boolean;
  /** Empty: everybody with write access. */
  approvers: string[];
  notAuthor: boolean;
  /** Seconds. */
  within: number;
}

interface VerifyTimes {
  attempts: number;
  /** Seconds between two attempts. */
  interval: number;
  /** Seconds for all attempts together. */
  timeout: number;
}

/** `status` null: any from 200 to 299. */
export type Verify = VerifyTimes &
  (
    | { kind: 'http'; url: string; status: number | null }
    | { kind: 'output'; project: string; output: string; path: string; status: number | null }
    | { kind: 'command'; command: string[]; dir: string }
  );

export interface Build {
  command: string[];
  dir: string;
  /** Names or globs of the projects that use its outputs; null: all of the environment. */
  projects: string[] | null;
}

/** Something named in the file that only the tree can tell to be there, with its place for the error. */
export interface Reference {
  name: string;
  /** `cairn.yaml:12:3: environments.prod.projects`. */
  at: string;
}

export interface ProjectConfig {
  name: string;
  /** True if the file says `name`; a name that is not given follows the folder. */
  named: boolean;
  dir: string;
  workspace: string;
  whenModified: string[];
  dependsOn: Reference[];
  variables: Record<string, string>;
  secrets: Record<string, SecretRefs>;
  size: string;
  at: string;
}
