import { holdCommand } from './command/hold-command.ts';
import { orderCommand } from './command/order-command.ts';
import { prepareCommand } from './command/prepare-command.ts';
import { recordCommand } from './command/record-command.ts';
import { reviewCommand } from './command/review-command.ts';
import { nextWave } from './deploy/next-wave.ts';
import { openRevert } from './deploy/open-revert.ts';
import { prepareRollback } from './deploy/prepare-rollback.ts';
import { recordDeployment } from './deploy/record-deployment.ts';
import { requestApproval } from './deploy/request-approval.ts';
import { resolveProjects } from './deploy/resolve-projects.ts';
import { reviewAnswer } from './deploy/review-answer.ts';
import { reviewApplies } from './deploy/review-applies.ts';
import { reviewBuild } from './deploy/review-build.ts';
import { reviewPlans } from './deploy/review-plans.ts';
import { reviewVerify } from './deploy/review-verify.ts';
import { resolveDestroy } from './destroy/resolve-destroy.ts';
import { reviewDestroy } from './destroy/review-destroy.ts';
import { reviewLeft } from './destroy/review-left.ts';
import { reportDrift } from './drift/report-drift.ts';
import { resolveDrift } from './drift/resolve-drift.ts';
import { reviewDrift } from './drift/review-drift.ts';
import { startDriftChecks } from './drift/start-drift-checks.ts';
import { extendEnvironment } from './ephemeral/extend-environment.ts';
import { launchEnvironment } from './ephemeral/launch-environment.ts';
import { recordEnvironment } from './ephemeral/record-environment.ts';
import { resolveEphemeral } from './ephemeral/resolve-ephemeral.ts';
import { settleEnvironment } from './ephemeral/settle-environment.ts';
import { sweepEnvironments } from './ephemeral/sweep-environments.ts';
import { warnOfEnd } from './ephemeral/warn-of-end.ts';
import { changeFreeze } from './freeze/change-freeze.ts';
import { reviewThaw } from './freeze/review-thaw.ts';
import { waitForThaw } from './freeze/wait-for-thaw.ts';
import { answerApproval } from './requests/answer-approval.ts';
import { fetchMissedWebhooks } from './requests/fetch-missed-webhooks.ts';
import { lookAtHeads } from './requests/look-at-heads.ts';
import { routeRequest } from './requests/route-request.ts';
import { claimLock } from './run/claim-lock.ts';
import { claimRun } from './run/claim-run.ts';
import { endRun } from './run/end-run.ts';
import { failRun } from './run/fail-run.ts';
import { fetchSource } from './run/fetch-source.ts';
import { releaseDeadRun } from './run/release-dead-run.ts';
import { releaseLock } from './run/release-lock.ts';
import { sweepLocks } from './run/sweep-locks.ts';
import type { Step } from './step.ts';

/**
 * THE table: every piece of work that a host runs for core, by its name. A workflow's `${Name}` is a row here;
 * on AWS one row is one Lambda function, on one machine a function call. The last group is called by the host
 * itself: by the bus, by an execution that died, and by the clock.
 */
export const STEPS = {
  ClaimRun: claimRun,
  ClaimLock: claimLock,
  FetchSource: fetchSource,
  ResolveProjects: resolveProjects,
  ReviewBuild: reviewBuild,
  NextWave: nextWave,
  ReviewPlans: reviewPlans,
  RequestApproval: requestApproval,
  ReviewAnswer: reviewAnswer,
  ReviewApplies: reviewApplies,
  ReviewVerify: reviewVerify,
  PrepareRollback: prepareRollback,
  OpenRevert: openRevert,
  RecordDeployment: recordDeployment,
  ReleaseLock: releaseLock,
  EndRun: endRun,
  FailRun: failRun,

  LaunchEnvironment: launchEnvironment,
  ResolveEphemeral: resolveEphemeral,
  SettleEnvironment: settleEnvironment,
  RecordEnvironment: recordEnvironment,

  ResolveDestroy: resolveDestroy,
  ReviewDestroy: reviewDestroy,
  ReviewLeft: reviewLeft,
  ExtendEnvironment: extendEnvironment,

  PrepareCommand: prepareCommand,
  HoldCommand: holdCommand,
  OrderCommand: orderCommand,
  ReviewCommand: reviewCommand,
  RecordCommand: recordCommand,

  ResolveDrift: resolveDrift,
  ReviewDrift: reviewDrift,
  ReportDrift: reportDrift,

  WaitForThaw: waitForThaw,
  ReviewThaw: reviewThaw,

  RouteRequest: routeRequest,
  AnswerApproval: answerApproval,
  ReleaseDeadRun: releaseDeadRun,
  LookAtHeads: lookAtHeads,
  SweepLocks: sweepLocks,
  ChangeFreeze: changeFreeze,
  WarnOfEnd: warnOfEnd,
  SweepEnvironments: sweepEnvironments,
  StartDriftChecks: startDriftChecks,
  FetchMissedWebhooks: fetchMissedWebhooks,
} satisfies Record<string, Step>;
