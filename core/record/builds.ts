import { createHash } from 'node:crypto';
import { canonical } from '../plans/canonical.ts';
import type { FileChange } from '../ports.ts';
import type { EnvironmentRecord } from './schema.ts';

type Outputs = Record<string, string>;

/**
 * Bytes of a build's outputs that stand where they are used, which spares a request to read them. With as much for
 * each of 300 projects the state is half of the 1 MB that the forge reads of a file.
 */
const INLINE = 1_000;

/** Bytes that one build's outputs may have as JSON: what is written has to be read again. */
export const MOST_BUILD = 900_000;

/** One file for each content: the projects of a build, and the history, name the same one. It is never changed. */
export function buildFile(environment: string, name: string): string {
  return `environments/${environment}/builds/${name}.json`;
}

export function bodyOf(given: Outputs): string {
  return `${canonical(given)}\n`;
}

/** Outputs that are too large for where they are used, in a file of their own; null: they are not. */
export function ownFile(environment: string, given: Outputs): { name: string; file: FileChange } | null {
  const content = bodyOf(given);
  if (Buffer.byteLength(content) <= INLINE) return null;
  const name = nameOf(content);
  return { name, file: { path: buildFile(environment, name), content } };
}

/** The state with large outputs in files of their own, and those files. */
export function withoutOutputs(
  environment: string,
  record: EnvironmentRecord,
): { record: EnvironmentRecord; files: FileChange[] } {
  const files = new Map<string, FileChange>();
  const projects = Object.entries(record.projects).map(([project, known]) => {
    const own = ownFile(environment, known.buildOutputs);
    if (!own) return [project, known];
    files.set(own.name, own.file);
    return [project, { ...known, buildOutputs: {}, buildIn: own.name }];
  });
  return { record: { ...record, projects: Object.fromEntries(projects) }, files: [...files.values()] };
}

/** Of the content alone. */
export function nameOf(content: string): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 32);
}
