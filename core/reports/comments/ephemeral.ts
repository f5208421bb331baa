import { momentText, remaining } from '../../ephemeral/times.ts';
import type { Check } from '../../ports.ts';
import { short } from '../deploy-report.ts';
import { type EphemeralReport, isAddress } from '../ephemeral-report.ts';
import { renderDeployCheck } from '../github/check.ts';
import { code, link, prose } from '../markdown.ts';
import { CHECK_LIMIT, cut } from '../split.ts';
import { clipped } from '../text.ts';
import { guardBanner, withSections } from './comment.ts';
import { approvalPart, deployTitle, failurePart, messagePart, withoutRepeats } from './deploy.ts';
import { onPull, onTerminal } from './ephemeral-help.ts';
import { nameOf, projectTable, riskList } from './overview.ts';

/** Room for the table: outputs and what to type stand above it. */
const TABLE_ROOM = 24_000;
const OUTPUTS = 20;
/** How much longer the command asks for that stands ready to be copied. */
const LONGER = '4h';

/** What a pull request's one comment of an environment is kept by; whoever changes the environment edits that. */
export function ephemeralCommentKey(repository: string, environment: string): string {
  return `comment/${repository}/ephemeral/${environment}`;
}

export function ephemeralMarker(environment: string): string {
  return `<!-- cairn:ephemeral:${environment} -->`;
}

/** The comment that a pull request has for an environment, edited in place. */
export function renderEphemeralComment(report: EphemeralReport): string {
  const { run } = report;
  const head = [
    ephemeralMarker(report.environment),
    `### ${deployTitle(run, prose)}`,
    contextOf(report),
    ...standingPart(report),
    ...approvalPart(run),
    ...messagePart(run),
    ...failurePart(run),
    destroyPart(report),
    ...guardBanner(run.projects),
    projectTable(run.projects, TABLE_ROOM, link('the run', run.runUrl)),
    run.state === 'planning' || run.state === 'waiting' ? riskList(run.projects) : '',
  ].filter((part) => part !== '');
  return withSections(head, withoutRepeats(run), [], run.runUrl);
}

export function renderEphemeralCheck(report: EphemeralReport): Pick<Check, 'state' | 'title' | 'summary'> {
  const shown = renderDeployCheck(report.run);
  const above = [...standingPart(report), destroyPart(report)].filter((part) => part !== '');
  return { ...shown, summary: cut([...above, shown.summary].join('\n\n'), CHECK_LIMIT).head };
}

function contextOf({ run, ref, owner }: EphemeralReport): string {
  const by = owner === null ? '' : ` · made by ${code(nameOf(owner))}`;
  return `Commit ${code(short(run.commit))} of ${code(clipped(ref, 200))}${by} · ${link(`run ${run.runNumber}`, run.runUrl)}`;
}

/** Where it is, until when, and what moves that. */
function standingPart(report: EphemeralReport): string[] {
  if (!report.stands) return [];
  return [
    report.asBefore ? 'It stands as it was before.' : '',
    outputList(report.outputs),
    endLine(report),
    commandLine(report),
  ].filter((part) => part !== '');
}

function outputList(outputs: Record<string, string>): string {
  const all = Object.entries(outputs);
  const lines = all.slice(0, OUTPUTS).map(([name, value]) => `- ${code(nameOf(name))}: ${shownValue(value)}`);
  const more = all.length - lines.length;
  return [...lines, ...(more > 0 ? [`- … and ${more} more`] : [])].join('\n');
}

function shownValue(value: string): string {
  const shown = clipped(value, 300);
  return isAddress(value) ? link(prose(shown), value) : code(shown);
}

function endLine({ endsAt, at }: EphemeralReport): string {
  if (endsAt === null) return 'It has no end.';
  return `It ends **${utc(endsAt)}**, ${remaining(endsAt, at)} after this was written.`;
}

/** `2026-12-01 18:00 UTC` */
function utc(endsAt: string): string {
  return momentText(new Date(endsAt)).replace('T', ' ').replace('Z', ' UTC');
}

function commandLine(report: EphemeralReport): string {
  const typed = report.pull === null ? onTerminal : onPull;
  const longer =
    report.endsAt === null ? '' : `To keep it longer: ${code(typed(report, 'extend', LONGER))}. `;
  return `${longer}To take it down now: ${code(typed(report, 'down'))}.`;
}

function destroyPart({ destroyUrl }: EphemeralReport): string {
  return destroyUrl === null ? '' : `What was applied is being destroyed: ${link('run', destroyUrl)}.`;
}
