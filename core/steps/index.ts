import { answerApproval } from './answer-approval.ts';
import { claimLock } from './claim-lock.ts';
import { claimRun } from './claim-run.ts';
import { endRun } from './end-run.ts';
import { failRun } from './fail-run.ts';
import { fetchSource } from './fetch-source.ts';
import { lookAtHeads } from './look-at-heads.ts';
import { nextWave } from './next-wave.ts';
import { openRevert } from './open-revert.ts';
import { prepareRollback } from './prepare-rollback.ts';
import { recordDeployment } from './record-deployment.ts';
import { releaseDeadRun } from './release-dead-run.ts';
import { releaseLock } from './release-lock.ts';
import { requestApproval } from './request-approval.ts';
import { resolveProjects } from './resolve-projects.ts';
import { reviewAnswer } from './review-answer.ts';
import { reviewApplies } from './review-applies.ts';
import { reviewBuild } from './review-build.ts';
import { reviewPlans } from './review-plans.ts';
import { reviewVerify } from './review-verify.ts';
import { routeRequest } from './route-request.ts';
import type { Step } from './step.ts';
import { sweepLocks } from './sweep-locks.ts';

/**
 * THE table: every piece of work that a host runs for core, by its name. A workflow's `${Name}` is a row here;
 * on AWS one row is one Lambda function, on one machine a function call. The last five are called by the host
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

  RouteRequest: routeRequest,
  AnswerApproval: answerApproval,
  ReleaseDeadRun: releaseDeadRun,
  LookAtHeads: lookAtHeads,
  SweepLocks: sweepLocks,
} satisfies Record<string, Step>;
