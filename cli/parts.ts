import type { EphemeralView } from '../api/ephemerals.ts';
import type { RunView } from '../api/run-view.ts';
import { frozenSentence } from '../core/environments/freeze.ts';
import { isEphemeral } from '../core/ephemeral/name.ts';
import { countsText } from '../core/reports/comments/overview.ts';
import { joinWords } from '../core/terraform/split-words.ts';
import { type Paint, paintState, plain, table } from './io.ts';

/** What only runs of one kind have, as lines. */
export function partsOf(view: RunView, paint: Paint): string[] {
  const { run, ephemeral, destroy, terraform, drift, frozen } = view;
  return [
    ...(frozen ? ['', paint(plain(frozenSentence(run.environment, frozen)), 'blue')] : []),
    ...(ephemeral && run.workflow !== 'destroy' ? ['', ...standsLines(ephemeral)] : []),
    ...(destroy && Object.keys(destroy.left).length > 0
      ? ['', ...leftLines(run.environment, run.repository, destroy.left, paint)]
      : []),
    ...(terraform
      ? ['', paint(`In ${plain(terraform.project)}: terraform ${plain(joinWords(terraform.args))}`, 'bold')]
      : []),
    ...(terraform?.output ? [plain(terraform.output).trimEnd()] : []),
    ...(terraform?.cut ? [paint(`This is cut; all of it: ${view.url}/output.txt`, 'dim')] : []),
    ...(drift ? ['', driftTable(view, paint).trimEnd(), ...driftNotes(drift)] : []),
  ];
}

/** Outputs of an ephemeral environment, and when it ends. */
export function standsLines({ outputs, endsAt }: NonNullable<RunView['ephemeral']>): string[] {
  const rows = Object.entries(outputs).map(([name, value]) => `${plain(name)}: ${plain(value)}`);
  return [...rows, `ends: ${endsAt === null ? 'never' : `${endsAt.slice(0, 16).replace('T', ' ')} UTC`}`];
}

/** What a destroy left, all of it, and the command that helps. */
export function leftLines(
  environment: string,
  repository: string,
  left: EphemeralView['left'],
  paint: Paint,
): string[] {
  const projects = Object.entries(left).flatMap(([project, addresses]) => [
    `  ${plain(project)}${addresses === null ? ': what is left could not be told' : ''}`,
    ...(addresses ?? []).map((address) => `    ${plain(address)}`),
  ]);
  return [
    paint(`${plain(environment)} was not destroyed wholly. Left, running and costing:`, 'red'),
    ...projects.map((line) => paint(line, 'red')),
    `What helps, once the cause is gone: ${againOf(plain(environment))} --repository ${plain(repository)}`,
  ];
}

function againOf(environment: string): string {
  if (isEphemeral(environment)) return `cairn env down ${environment}`;
  return `cairn destroy ${environment} --confirm ${environment}`;
}

/** One row for each project: in sync, drifted, or not known. */
export function driftTable({ drift, report }: RunView, paint: Paint): string {
  const projects = new Map((report?.projects ?? []).map((project) => [project.name, project]));
  const names = [
    ...new Set([...projects.keys(), ...Object.keys(drift?.drifted ?? {}), ...(drift?.unknown ?? [])]),
  ];
  const rows = names.map((name) => {
    const found = drift?.drifted[name];
    const isUnknown = drift?.unknown.includes(name) ?? false;
    const error = projects.get(name)?.error ?? '';
    const why = error.split('\n').find((line) => line.trim() !== '') ?? '';
    const state = isUnknown ? 'unknown' : found ? 'drifted' : 'in-sync';
    return [name, state, found ? countsText(found.counts) : '-', isUnknown ? why : ''];
  });
  const head = ['PROJECT', 'STATE', 'DIFFERENCE', ''];
  return table(head, rows, (_, column, text) => (column === 1 ? paintState(paint, text) : text));
}

export function driftNotes(found: NonNullable<RunView['drift']>): string[] {
  const { issue, notes, reconciledBy, gone, drifted, unknown } = found;
  // Where all is as it was, and was so before, there is no issue to look at.
  const isTold = gone || Object.keys(drifted).length > 0 || unknown.length > 0;
  return [
    ...(issue && isTold ? [`${gone ? 'Closed:' : 'Told in'} ${plain(issue.url)}`] : []),
    ...notes.map(plain),
    ...(reconciledBy === null ? [] : [`Run ${reconciledBy} was started to take it away.`]),
  ];
}
