import type { RunState } from '../core/requests/run.ts';

/** What the exit code of `cairn` says. */
export const EXIT = {
  ok: 0,
  /** What was asked for did not come out well: a run that failed, a file with problems, a doctor that found some. */
  bad: 1,
  /** The command line itself is wrong. */
  usage: 2,
  /** Refused: no valid token, no permission, not found, another digest; a run that a freeze or another rule turned away. */
  refused: 3,
  /** No server there, or one that cannot answer now. */
  unreachable: 4,
  /** `--wait` took longer than `--timeout`; the run goes on. */
  timeout: 5,
} as const;

/** What runs came to: refused only where nothing went wrong in any other. */
export function exitOf(runs: readonly { state: RunState }[]): number {
  const others = runs.filter(({ state }) => state !== 'succeeded');
  if (others.length === 0) return EXIT.ok;
  return others.every(({ state }) => state === 'refused') ? EXIT.refused : EXIT.bad;
}

/** Told a command's exit code when it has ended. */
export type Finish = (code: number) => void;

/** Ends the program with a message for people and a code for programs. */
export class CliError extends Error {
  readonly code: number;

  constructor(code: number, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'CliError';
    this.code = code;
  }
}
