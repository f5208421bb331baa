import type { WorkflowName } from '../../requests/run.ts';
import { loadDocument } from '../../runs/store.ts';
import type { StatusEvent } from '../event.ts';
import type { GithubSink, TellGithub } from './on-github.ts';
import { tellDeploy } from './tell-deploy.ts';
import { tellDestroy } from './tell-destroy.ts';
import { tellDrift } from './tell-drift.ts';
import { tellEphemeral } from './tell-ephemeral.ts';
import { tellExtend } from './tell-extend.ts';
import { tellPlan } from './tell-plan.ts';
import { tellRun } from './tell-run.ts';
import { tellWaitingWorkflow } from './tell-workflow.ts';

const TELL: Record<WorkflowName, TellGithub> = {
  plan: tellPlan,
  deploy: tellDeploy,
  ephemeral: tellEphemeral,
  destroy: tellDestroy,
  extend: tellExtend,
  run: tellRun,
  drift: tellDrift,
};

/** Shows an event on GitHub: one comment, one check, one deployment, each edited in place. */
export async function tellGithub(event: StatusEvent, ports: GithubSink): Promise<void> {
  const run = await ports.runs.get(event.runId);
  if (!run) return;
  const doc = event.doc === null ? null : await loadDocument(ports, event.doc);
  await TELL[run.workflow](event, run, doc, ports);
  await tellWaitingWorkflow(event, run, doc, ports);
}
