import { readOutputs } from '../environments/outputs.ts';
import type { Ports } from '../ports.ts';
import type { ProjectProgress } from '../projects/progress.ts';
import { shorten } from '../reports/text.ts';
import type { RunDocument } from '../runs/document.ts';
import { appliedOf } from './applied.ts';
import type { Ephemeral } from './environment.ts';

/**
 * What may hold state once a run went through: what it applied, and what it found as it was before, be it under
 * another name.
 */
export function appliedAfter(doc: RunDocument, before: Ephemeral['applied']): Ephemeral['applied'] {
  const applied = { ...before };
  for (const progress of Object.values(doc.deploy.projects)) {
    const { name } = progress.project;
    if (!isDone(progress)) continue;
    if (progress.destroy) {
      delete applied[name];
      continue;
    }
    const former = formerNames(doc, progress, applied);
    const mayHold = progress.status === 'applied' || applied[name] !== undefined || former.length > 0;
    for (const other of former) delete applied[other];
    if (mayHold) applied[name] = appliedOf(doc, progress);
  }
  return applied;
}

/** The same state as it was known before its project was moved or renamed. */
function formerNames(
  { deploy }: RunDocument,
  { address }: ProjectProgress,
  applied: Ephemeral['applied'],
): string[] {
  if (address === null) return [];
  return Object.keys(applied).filter(
    (name) => applied[name]?.address === address && !Object.hasOwn(deploy.projects, name),
  );
}

function isDone({ status }: ProjectProgress): boolean {
  return status === 'applied' || status === 'empty';
}

/** The first project that could not be planned to the end: an environment without it is not the one asked for. */
export function unfinished(doc: RunDocument): ProjectProgress | null {
  return Object.values(doc.deploy.projects).find((progress) => !isDone(progress)) ?? null;
}

/**
 * Characters of one output, and of all of an environment together. They stand in one file of the record for up to 200
 * environments, and the forge reads files of at most 1 MB: one branch's output must not end the record of all.
 */
const LONGEST_OUTPUT = 1_000;
const ALL_OUTPUTS = 4_000;

/**
 * Outputs that people are told: those that are chosen, else every `url`. Sensitive ones are never among them. What is
 * too long is cut, and what is too much left out: `cairn run -- output` has them all.
 */
export async function chosenOutputs(
  doc: RunDocument,
  ports: Pick<Ports, 'artifacts'>,
): Promise<Record<string, string>> {
  const chosen = doc.ephemeral?.rules?.outputs ?? null;
  const stands = Object.values(doc.deploy.projects).filter((p) => !p.destroy && isDone(p));
  const found: Record<string, string> = {};
  let room = ALL_OUTPUTS;
  for (const { project } of stands) {
    for (const [name, value] of Object.entries(await readOutputs(ports, doc, project.name))) {
      const key = `${project.name}.${name}`;
      if (chosen === null ? name !== 'url' : !chosen.includes(key)) continue;
      const text = shorten(typeof value === 'string' ? value : JSON.stringify(value), LONGEST_OUTPUT);
      room -= key.length + text.length;
      if (room < 0) return found;
      found[key] = text;
    }
  }
  return found;
}
