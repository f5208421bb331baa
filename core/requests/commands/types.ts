/** What a comment's `/cairn …` line asks for. A name that is left out is that of the pull request's own. */
export type Command =
  | { command: 'plan'; project?: string; environment?: string; commit?: string }
  | { command: 'deploy'; environment: string; commit?: string; retry: boolean; despiteFreeze?: true }
  | { command: 'approve'; environment: string; digest: string }
  | { command: 'reject'; environment: string; reason?: string }
  | { command: 'rollback'; environment: string; commit?: string; despiteFreeze?: true }
  | { command: 'up'; name?: string; ttl?: string; projects?: string[] }
  | { command: 'down'; name?: string }
  | { command: 'extend'; name?: string; ttl: string }
  | { command: 'end'; name?: string; at: string }
  | { command: 'destroy'; environment: string; confirm: string }
  | { command: 'run'; project: string; environment?: string; args: string[] }
  | { command: 'drift'; environment?: string; reconcile?: true }
  | { command: 'freeze'; environment: string; reason: string; until?: string }
  | { command: 'unfreeze'; environment: string }
  | { command: 'help' };

/** One sentence; the usage of the command is put behind it. */
export interface Problem {
  problem: string;
}

export type Parsed = Command | Problem;

/** One command: how it is written, and what reads the words behind its name. */
export interface Grammar {
  usage: string;
  /** `text` is what stands behind the command's name, as it was written. */
  read(words: string[], text: string): Parsed;
}

export function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'problem' in value;
}
