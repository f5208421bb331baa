import type { Check } from '../../ports.ts';
import { guardBanner, planTitle, policyBanner, removedRoots } from '../comments/comment.ts';
import { approveCommand, askedAgain, deployTitle } from '../comments/deploy.ts';
import { nameOf, projectTable, riskList } from '../comments/overview.ts';
import type { DeployReport, DeployState } from '../deploy-report.ts';
import { code, fenced, link, sentence } from '../markdown.ts';
import type { PlanReport, ReportedProject } from '../plan-report.ts';
import { CHECK_LIMIT, cut } from '../split.ts';
import { capitalised, lastLines, plainText, shorten } from '../text.ts';

type ShownCheck = Pick<Check, 'state' | 'title' | 'summary'>;

const TABLE_ROOM = 36_000;
const TITLE = 140;

/** The one check of an environment on a pull request: its projects are rows. Always there, also for none. */
export function renderPlanCheck(report: PlanReport): ShownCheck {
  return {
    state: planState(report),
    title: shorten(capitalised(planTitle(report)), TITLE),
    summary: summaryOf(report, [report.message ?? '', report.frozen ?? '']),
  };
}

function planState({ state, projects }: PlanReport): Check['state'] {
  if (state === 'running') return 'in_progress';
  if (state === 'superseded') return 'neutral';
  if (state === 'failed' || projects.some(({ status }) => status === 'failed')) return 'failure';
  if (projects.some(({ violations }) => violations?.length)) return 'failure';
  return projects.some(({ status }) => status === 'waits') ? 'neutral' : 'success';
}

const DEPLOY_STATE: Record<DeployState, Check['state']> = {
  planning: 'in_progress',
  waiting: 'in_progress',
  applying: 'in_progress',
  verifying: 'in_progress',
  'rolling-back': 'in_progress',
  deployed: 'success',
  nothing: 'success',
  superseded: 'neutral',
  rejected: 'failure',
  expired: 'failure',
  failed: 'failure',
  'rolled-back': 'failure',
  broken: 'failure',
  frozen: 'in_progress',
  refused: 'failure',
  ready: 'success',
  destroying: 'in_progress',
  destroyed: 'success',
  leaked: 'failure',
};

/** The check of a deploy, on the commit that is deployed. */
export function renderDeployCheck(report: DeployReport): ShownCheck {
  const command = approveCommand(report);
  const { failure, revert } = report;
  const said = [
    report.message ?? '',
    command === null ? '' : `Approve with \`${command}\``,
    failure && failure.message !== report.message ? failure.message : '',
  ];
  return {
    state: DEPLOY_STATE[report.state],
    title: shorten(deployTitle(report), TITLE),
    summary: summaryOf(report, said, [
      ...(command === null ? [] : askedAgain(report)),
      ...(revert ? [`Revert: ${link(`#${revert.number}`, revert.url)}`] : []),
    ]),
  };
}

function summaryOf(report: PlanReport | DeployReport, said: string[], more: string[] = []): string {
  const parts = [
    ...said.filter((text) => text !== '').map(messageOf),
    ...more,
    ...policyBanner(report),
    ...guardBanner(report.projects),
    projectTable(report.projects, TABLE_ROOM, link('the run', report.runUrl)),
    riskList(report.projects),
    ...failedProjects(report.projects),
    removedRoots(report.removed),
    link('Run', report.runUrl),
  ].filter((part) => part !== '');
  // Every part is bounded; what they sum up to stays below the limit, and the link must not be lost.
  return withinLimit(parts);
}

/** One line is a sentence, several are what a program said. */
function messageOf(text: string): string {
  const plain = plainText(text).trim();
  return plain.includes('\n') ? fenced(lastLines(plain, 20, 3_000)) : sentence(shorten(plain, 1_000));
}

/** What the first few failed projects said. */
function failedProjects(projects: ReportedProject[]): string[] {
  return projects
    .filter(({ status, error }) => (status === 'failed' || status === 'apply-failed') && error)
    .slice(0, 5)
    .map(
      ({ name, error }) => `${code(nameOf(name))}\n\n${fenced(lastLines(plainText(error ?? ''), 10, 1_500))}`,
    );
}

function withinLimit(parts: string[]): string {
  const last = parts.at(-1) ?? '';
  const kept: string[] = [];
  let used = last.length + 4;
  for (const part of parts.slice(0, -1)) {
    used += part.length + 2;
    if (used > CHECK_LIMIT) break;
    kept.push(part);
  }
  return cut([...kept, last].join('\n\n'), CHECK_LIMIT).head;
}
