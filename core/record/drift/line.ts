import { z } from 'zod';

/** A line of `environments/<environment>/drift.jsonl`, oldest first. */
export const driftLine = z.object({
  at: z.string(),
  run: z.string(),
  what: z.enum(['found', 'changed', 'gone', 'unknown', 'reconciled', 'left', 'reported']),
  digest: z.string().nullable(),
  /** `app (1 to change)` */
  where: z.string(),
  unknown: z.array(z.string()),
});
export type DriftLine = z.infer<typeof driftLine>;

/** `drift in app (1 to change)` */
export function driftWords({ what, where, unknown }: Pick<DriftLine, 'what' | 'where' | 'unknown'>): string {
  switch (what) {
    case 'found':
      return `drift in ${where}`;
    case 'changed':
      return `drift changed, ${where}`;
    case 'gone':
      return 'drift is gone';
    case 'reconciled':
      return 'a deploy takes the drift away';
    case 'left':
      return 'no deploy takes the drift away now';
    case 'reported':
      return `drift in ${where}, with an issue now`;
    case 'unknown':
      return unknown.length > 0 ? `${unknown.length} could not be compared` : 'all could be compared again';
  }
}
