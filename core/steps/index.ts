import { answerApproval } from './answer-approval.ts';
import { changeFreeze } from './change-freeze.ts';
import { claimLock } from './claim-lock.ts';
import { claimRun } from './claim-run.ts';
import { endRun } from './end-run.ts';
import { extendEnvironment } from './extend-environment.ts';
import { failRun } from './fail-run.ts';
import { fetchMissedWebhooks } from './fetch-missed-webhooks.ts';
import { fetchSource } from './fetch-source.ts';
import { holdCommand } from './hold-command.ts';
import { launchEnvironment } from './launch-environment.ts';
import { lookAtHeads } from './look-at-heads.ts';
import { nextWave } from './next-wave.ts';
import { openRevert } from './open-revert.ts';
import { orderCommand } from './order-command.ts';
import { prepareCommand } from './prepare-command.ts';
import { prepareRollback } from './prepare-rollback.ts';
import { recordCommand } from './record-command.ts';
import { recordDeployment } from './record-deployment.ts';
import { recordEnvironment } from './record-environment.ts';
import { releaseDeadRun } from './release-dead-run.ts';
import { releaseLock } from './release-lock.ts';
import { reportDrift } from './report-drift.ts';
import { requestApproval } from './request-approval.ts';
import { resolveDestroy } from './resolve-destroy.ts';
import { resolveDrift } from './resolve-drift.ts';
import { resolveEphemeral } from './resolve-ephemeral.ts';
import { resolveProjects } from './resolve-projects.ts';
import { reviewAnswer } from './review-answer.ts';
import { reviewApplies } from './review-applies.ts';
import { reviewBuild } from './review-build.ts';
import { reviewCommand } from './review-command.ts';
import { reviewDestroy } from './review-destroy.ts';
import { reviewDrift } from './review-drift.ts';
import { reviewLeft } from './review-left.ts';
import { reviewPlans } from './review-plans.ts';
import { reviewThaw } from './review-thaw.ts';
import { reviewVerify } from './review-verify.ts';
import { routeRequest } from './route-request.ts';
import { settleEnvironment } from './settle-environment.ts';
import { startDriftChecks } from './start-drift-checks.ts';
import type { Step } from './step.ts';
import { sweepEnvironments } from './sweep-environments.ts';
import { sweepLocks } from './sweep-locks.ts';
import { waitForThaw } from './wait-for-thaw.ts';
import { warnOfEnd } from './warn-of-end.ts';

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
