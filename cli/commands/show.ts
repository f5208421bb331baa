import type { RunView } from '../../api/run-view.ts';
import { renderDiff } from '../../core/reports/diff/diff.ts';
import type { ReportedProject } from '../../core/reports/plan-report.ts';
import { type ConnectionFlags, connect } from '../connection.ts';
import { EXIT } from '../exit.ts';
import { findRunId } from '../find-run.ts';
import { type Io, type Paint, painter, paintState, plain } from '../io.ts';
import { partsOf } from '../parts.ts';
import { whatItDoes } from './runs.ts';

interface ShowFlags extends ConnectionFlags {
  diff?: boolean;
}

/** `cairn show RUN`: what it does, its projects with their diffs, what waits, what went wrong. */
export async function show(run: string, flags: ShowFlags, io: Io): Promise<number> {
  const client = await connect(flags, io);
  const view = await client.get<RunView>(`/runs/${await findRunId(client, flags.repository, run)}`);
  io.out(
    flags.json ? `${JSON.stringify(view, null, 2)}\n` : text(view, flags, painter(io, io.outIsTerminal)),
  );
  return EXIT.ok;
}

function text(view: RunView, flags: ShowFlags, paint: Paint): string {
  const { run, report, waiting } = view;
  const lines = [
    `${paint(`Run ${run.number}`, 'bold')}  ${whatItDoes(run)}  ${paintState(paint, run.state)}`,
    plain(run.title),
    paint(`${run.repository} at ${run.commit?.slice(0, 7) ?? '-'}   ${view.url}`, 'dim'),
  ];
  const failure = report?.kind === 'deploy' ? report.failure : undefined;
  if (failure) {
    lines.push(
      '',
      paint(`${failure.project ?? 'The run'} failed (${failure.stage})`, 'red'),
      plain(failure.message),
    );
    if (failure.logTail) lines.push('', indent(plain(failure.logTail)));
  }
  if (report?.kind === 'deploy' && report.message) lines.push('', plain(report.message));
  if (report?.kind === 'deploy' && report.revert) lines.push('', `Revert: ${report.revert.url}`);
  for (const change of report?.policyChanges ?? []) lines.push('', `Changes the rules: ${plain(change)}`);
  lines.push(...partsOf(view, paint));
  if (report && report.projects.length > 0)
    lines.push('', ...report.projects.map((project) => projectLine(project, paint)));
  if (flags.diff !== false)
    lines.push(...(report?.projects ?? []).flatMap((project) => diffLines(project, paint)));
  if (report?.kind === 'deploy' && report.helps) lines.push('', `What helps: ${plain(report.helps)}`);
  if (waiting) {
    const repository = `--repository ${run.repository}`;
    lines.push('', `Waits for approval until ${waiting.until.slice(0, 16).replace('T', ' ')} UTC:`);
    lines.push(`  cairn approve ${run.environment} ${waiting.digest.slice(0, 7)} ${repository}`);
  }
  return `${lines.join('\n')}\n`;
}

function projectLine(project: ReportedProject, paint: Paint): string {
  const counts = project.summary?.counts;
  const numbers = counts ? `+${counts.add} ~${counts.change} -${counts.destroy}` : '';
  const more = [
    ...(project.waitsFor ? [`waits for ${project.waitsFor}`] : []),
    // What waits failed to plan for want of what it waits for; its log says how.
    ...(project.error && !project.waitsFor
      ? [project.error.split('\n').find((line) => line.trim() !== '') ?? '']
      : []),
    ...(project.violations ?? []),
  ];
  const state = paintState(
    paint,
    project.status === 'apply-failed' ? 'failed' : project.status,
    project.status.padEnd(12),
  );
  return `  ${state}  ${plain(project.name).padEnd(24)}  ${numbers.padEnd(12)}  ${plain(more.join('; '))}`.trimEnd();
}

const COLOUR = { '+': 'green', '-': 'red', '!': 'yellow' } as const;

function diffLines(project: ReportedProject, paint: Paint): string[] {
  const diff = project.changes ? renderDiff(project.changes) : '';
  if (diff.trim() === '') return [];
  const lines = plain(diff)
    .split('\n')
    .map((line) => {
      const colour = COLOUR[line.charAt(0) as keyof typeof COLOUR];
      return colour ? paint(line, colour) : line;
    });
  return ['', paint(plain(project.name), 'bold'), ...lines];
}

function indent(text: string): string {
  return text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');
}
