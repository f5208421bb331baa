import type { Run } from '../../requests/run.ts';
import type { RunDocument } from '../../runs/document.ts';
import {
  ephemeralCommentKey,
  ephemeralMarker,
  renderEphemeralCheck,
  renderEphemeralComment,
} from '../comments/ephemeral.ts';
import { onPull } from '../comments/ephemeral-help.ts';
import { addressOf, type EphemeralReport, ephemeralReport } from '../ephemeral-report.ts';
import type { StatusEvent } from '../event.ts';
import { code, link, prose } from '../markdown.ts';
import { check, comment, type GithubSink, orderOf, type TellGithub } from './on-github.ts';
import { reasons } from './refusal.ts';
import { isSpokenFor } from './tell-deploy.ts';

/** An ephemeral environment that is made, updated or fails to be; and the warning of its end. */
export const tellEphemeral: TellGithub = async (event, run, doc, ports) => {
  if (event.kind === 'environment.warning') return tellWarning(event, run, doc, ports);
  const report = doc && (await ephemeralReport(doc, event, ports));
  if (!report) return tellWithoutDocument(event, run, ports);
  const pull = doc.pull?.number ?? doc.ephemeral?.before?.pull ?? null;
  if (pull !== null) {
    const key = ephemeralCommentKey(run.repository, run.environment);
    await comment(key, run, event, pull, renderEphemeralComment(report), ports);
  }
  await check(nameOfCheck(run), run, event, doc.commit, renderEphemeralCheck(report), ports);
  await deployment(event, run, report, ports);
};

function nameOfCheck({ environment }: Run): string {
  return `cairn: ${environment}`;
}

/** Before anything was resolved, and where nothing could be. */
async function tellWithoutDocument(event: StatusEvent, run: Run, ports: GithubSink): Promise<void> {
  const { state } = event.run;
  const commit = event.run.commit ?? run.commit;
  const [title = ''] = event.message.split('\n');
  if (state === 'failed' && run.pull !== null) {
    const key = ephemeralCommentKey(run.repository, run.environment);
    await comment(key, run, event, run.pull, await refusal(event, run, ports), ports);
  }
  // Whoever launched it by hand was told where they asked: the commit of a branch did nothing wrong.
  if (!commit || run.pull === null) return;
  // A run that was overtaken says nothing where the newer one speaks.
  if (state === 'superseded' && (await isSpokenFor(nameOfCheck(run), run, commit, ports))) return;
  const shown = state === 'failed' ? 'failure' : state === 'superseded' ? 'neutral' : 'in_progress';
  await check(nameOfCheck(run), run, event, commit, { state: shown, title, summary: event.message }, ports);
}

async function refusal(event: StatusEvent, run: Run, ports: GithubSink): Promise<string> {
  const { repository, environment } = run;
  const known = await ports.ephemerals.get(repository, environment);
  return [
    ephemeralMarker(environment),
    `**Cairn could not make ${prose(environment)}.**`,
    reasons(event),
    known?.state === 'ready' ? 'What stands was not touched.' : '',
    link(`Run ${run.number}`, ports.links.run(run.id)),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
    .concat('\n');
}

/** A comment of its own: an edit of the other would be seen by nobody. */
async function tellWarning(
  event: StatusEvent,
  run: Run,
  doc: RunDocument | null,
  ports: GithubSink,
): Promise<void> {
  const pull = doc?.pull;
  if (!pull) return;
  const body = [
    `<!-- cairn:warning:${run.environment}:${event.id} -->`,
    `**${prose(event.message)}**`,
    `To keep it longer: ${code(onPull(doc, 'extend', '4h'))}.`,
  ].join('\n\n');
  const key = `comment/${run.repository}/warning/${run.environment}/${event.id}`;
  await comment(key, run, event, pull.number, `${body}\n`, ports);
}

const DEPLOYMENT_STATE: Partial<
  Record<EphemeralReport['run']['state'], 'in_progress' | 'success' | 'failure'>
> = {
  applying: 'in_progress',
  verifying: 'in_progress',
  ready: 'success',
  failed: 'failure',
  broken: 'failure',
  rejected: 'failure',
  expired: 'failure',
};

/** What a deployment of GitHub is kept by: the newest of an environment, which its end makes inactive. */
export function ephemeralDeploymentKey(repository: string, environment: string): string {
  return `deployment/${repository}/ephemeral/${environment}`;
}

async function deployment(
  event: StatusEvent,
  run: Run,
  report: EphemeralReport,
  ports: GithubSink,
): Promise<void> {
  const state = DEPLOYMENT_STATE[report.run.state];
  const key = `deployment/${run.id}`;
  const before = await ports.sent.get(key);
  if (state === undefined || (before && before.order > event.seq)) return;
  // Nothing was deployed by a run that failed before it applied anything.
  if (!before && state === 'failure') return;
  const { repository, environment } = run;
  const id =
    before?.id ??
    (await ports.reports.createDeployment(repository, {
      commit: report.run.commit,
      environment,
      description: `Cairn run ${run.number}`,
      runId: run.id,
    }));
  const address = state === 'success' ? addressOf(report.outputs) : null;
  await ports.reports.deploymentStatus(repository, id, {
    state,
    description: event.message,
    url: report.run.runUrl,
    ...(address === null ? {} : { environmentUrl: address }),
  });
  await ports.sent.put(key, { id, order: event.seq });
  await ports.sent.put(ephemeralDeploymentKey(repository, environment), { id, order: orderOf(run, event) });
}
