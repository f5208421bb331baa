/**
 * One Terraform root module in one workspace. `name` is unique in the repository: the configured one, or
 * the directory, with `@workspace` behind it for a workspace other than `default`.
 */
export interface Project {
  name: string;
  /** Directory from the repository's root with `/`, never leading or trailing; `.` is the root itself. */
  dir: string;
  workspace: string;
  /** Names of projects that must be applied before this one. */
  dependsOn: string[];
  /** Globs from the repository's root: a changed file that matches touches this project. */
  whenModified: string[];
  /** Terraform variables (TF_VAR_name), from the configuration. */
  variables: Record<string, string>;
  /** Environment variables for terraform, by name, each with where its value is kept per stage. */
  secrets: Record<string, SecretRefs>;
  /** Size of its jobs, by name: what it means is the host's to say. */
  size: string;
}

/** The size that every host has: what the operator gave the environment. */
export const STANDARD_SIZE = 'standard';

export interface SecretRefs {
  plan?: string;
  apply?: string;
}

/** Where a root keeps its state, as its own configuration says; null when it names no remote backend. */
export interface StateAddress {
  backend: string;
  /** sha256 over backend type, literal configuration and workspace: equal addresses are one state. */
  key: string;
}

/** One file of a commit. `hash` is content-addressed: equal hash, equal content. */
export interface TreeEntry {
  path: string;
  hash: string;
  /** Git's: 100644, 100755, or 120000 for a link. */
  mode: '100644' | '100755' | '120000';
  /** A link's target as written, for links only. */
  link?: string;
}

/** A commit's files in memory. `read` and `bytes` throw NotFound for a path that is not there. */
export interface Tree {
  entries: TreeEntry[];
  has(path: string): boolean;
  /** As UTF-8 text. */
  read(path: string): string;
  bytes(path: string): Uint8Array;
}
