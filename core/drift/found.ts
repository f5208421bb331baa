import { createHash } from 'node:crypto';
import { canonical } from '../plans/canonical.ts';
import type { Counts } from '../plans/plan.ts';
import type { DriftRecord } from '../record/drift/drift.ts';
import type { DriftLine } from '../record/drift/line.ts';

type Projects = DriftRecord['projects'];

/** What the plans of one look for drift say. */
export interface Found {
  drifted: Record<string, { digest: string; counts: Counts }>;
  /** Projects that could not be planned. */
  unknown: string[];
}

/** What is told from now on, and how it differs from what was told before. */
export interface Told extends Pick<DriftRecord, 'since' | 'digest' | 'projects' | 'unknown'> {
  known: boolean;
  gone: boolean;
}

/**
 * Of a project that could not be compared what was told before still holds: a provider that does not answer has taken
 * nothing away.
 */
export function compared(before: DriftRecord | null, { drifted, unknown }: Found, at: string): Told {
  const kept = unknown.flatMap((name): [string, Projects[string]][] => {
    const was = before?.projects[name];
    return was ? [[name, was]] : [];
  });
  const projects = { ...Object.fromEntries(kept), ...drifted };
  const digest = digestOf(projects);
  return {
    projects,
    digest,
    since: digest === null ? null : (before?.since ?? at),
    unknown: Object.fromEntries(unknown.map((name) => [name, before?.unknown[name] ?? at])),
    known: digest !== null && before?.digest === digest,
    gone: digest === null && (before?.digest ?? null) !== null,
  };
}

function digestOf(projects: Projects): string | null {
  const digests = Object.entries(projects).map(([name, { digest }]) => [name, digest]);
  if (digests.length === 0) return null;
  return createHash('sha256')
    .update(canonical(Object.fromEntries(digests)))
    .digest('hex');
}

/** What the next line of the history says; null: all is as it was told. */
export function newsOf(before: DriftRecord | null, next: DriftRecord): DriftLine['what'] | null {
  const was = before?.digest ?? null;
  if (was !== next.digest) return was === null ? 'found' : next.digest === null ? 'gone' : 'changed';
  const names = (drift: DriftRecord | null) =>
    Object.keys(drift?.unknown ?? {})
      .sort()
      .join('\n');
  if (names(before) !== names(next)) return 'unknown';
  if (next.digest === null) return null;
  if (next.reconciledBy !== (before?.reconciledBy ?? null)) {
    return next.reconciledBy === null ? 'left' : 'reconciled';
  }
  return next.issue?.number === before?.issue?.number ? null : 'reported';
}
