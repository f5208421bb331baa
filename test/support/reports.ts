import type { Changes } from '../../core/plans/plan.ts';
import { summarize } from '../../core/plans/summary.ts';
import type { DeployReport } from '../../core/reports/deploy-report.ts';
import type { PlanReport, ReportedProject } from '../../core/reports/plan-report.ts';

const PULL = { number: 7, title: 'Larger database', url: 'https://forge.example/acme/infra/pull/7' };

export function planned(
  name: string,
  changes: Changes,
  more: Partial<ReportedProject> = {},
): ReportedProject {
  return {
    name,
    dir: name,
    status: 'planned',
    changes,
    summary: summarize(changes),
    logUrl: `https://cairn.example/j/${name}`,
    ...more,
  };
}

export function planReport(more: Partial<PlanReport> = {}): PlanReport {
  return {
    kind: 'plan',
    repository: 'acme/infra',
    environment: 'prod',
    pull: PULL,
    headCommit: '3f2a91c'.padEnd(40, '0'),
    baseCommit: '9d8e7f6'.padEnd(40, '0'),
    runUrl: 'https://cairn.example/runs/1',
    state: 'finished',
    policyChanges: [],
    projects: [],
    removed: [],
    deploy: { approvalRequired: true },
    ...more,
  };
}

export function deployReport(more: Partial<DeployReport> = {}): DeployReport {
  return {
    kind: 'deploy',
    repository: 'acme/infra',
    environment: 'prod',
    runId: 'r1',
    runNumber: 12,
    runUrl: 'https://cairn.example/runs/12',
    pull: PULL,
    commit: '3f2a91c'.padEnd(40, '0'),
    baseCommit: '9d8e7f6'.padEnd(40, '0'),
    state: 'planning',
    policyChanges: [],
    projects: [],
    removed: [],
    ...more,
  };
}
