import { isEphemeral } from '../../ephemeral/name.ts';
import { NO_COUNTS } from '../../plans/summary.ts';
import type { ChatMessage } from '../../ports.ts';
import { countsText, nameOf } from '../comments/overview.ts';
import { type DriftReport, driftReport } from '../drift-report.ts';
import { sumOf } from '../github/drift-issue.ts';
import { plural } from '../text.ts';
import { harmless, slackLink, tick } from './message.ts';
import type { SlackOf } from './slack-of.ts';

/** A section holds 3,000 characters: as many projects as surely fit. */
const PROJECTS = 10;

/** Once for each change of the drift, and for what cannot be compared any more. Whoever asks about an ephemeral environment is answered where they asked. */
export const slackOfDrift: SlackOf = async (event, doc, ports) => {
  const { drift, outcome, environment } = doc;
  if (event.kind !== 'drift.finished' || !drift || isEphemeral(environment)) return null;
  if (outcome === 'superseded') return null;
  const isNews = drift.gone || drift.newlyUnknown === true || (drift.digest !== null && !drift.known);
  return isNews ? driftMessage(await driftReport(doc, ports)) : null;
};

function driftMessage(report: DriftReport): ChatMessage {
  const title = titleOf(report);
  const sections = [projectLines(report), nextLines(report)].filter((text) => text !== '');
  return {
    text: harmless(`${report.repository}: ${title}`, 500),
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: title.slice(0, 150), emoji: false } },
      { type: 'context', elements: [{ type: 'mrkdwn', text: contextOf(report) }] },
      ...sections.map((text) => ({ type: 'section', text: { type: 'mrkdwn', text } })),
    ],
  };
}

function titleOf(report: DriftReport): string {
  const { environment, gone, state, projects } = report;
  if (gone) return `Drift in ${environment} is gone`;
  if (state === 'drifted') return `Drift in ${environment}: ${sumOf(report)}`;
  return `Drift in ${environment} is not known: ${plural(projects.length, 'project')} could not be compared`;
}

function contextOf({ repository, runNumber, runUrl, issue }: DriftReport): string {
  return [
    harmless(repository),
    slackLink(`run ${runNumber}`, runUrl),
    ...(issue ? [slackLink(`#${issue.number}`, issue.url)] : []),
  ].join(' · ');
}

function projectLines({ projects, kept, gone }: DriftReport): string {
  const lines = projects
    .filter(({ status }) => !gone || status === 'failed')
    .map(({ name, status, summary }) => {
      const told = kept.includes(name) ? ', what was told of it still holds' : '';
      const what =
        status === 'failed' ? `could not be compared${told}` : countsText(summary?.counts ?? NO_COUNTS);
      return `• ${tick(nameOf(name))} ${what}`;
    });
  const more = lines.length - PROJECTS;
  return [...lines.slice(0, PROJECTS), ...(more > 0 ? [`… and ${more} more`] : [])].join('\n');
}

function nextLines({ reconcile, notes }: DriftReport): string {
  return [
    ...(reconcile
      ? [
          `A deploy of the last good commit was started to take it away: ${slackLink('its run', reconcile.url)}.`,
        ]
      : []),
    ...notes.map((note) => harmless(note, 500)),
  ].join('\n');
}
