/**
 * What stands in a job's folders.
 * in/   job.json, source.tar.gz (paths without a leading folder), secrets.json ({NAME: value}),
 *       upstream-*.tfstate, state.tfstate (kind `file`, absent if there is none yet),
 *       plan.tfplan and plan.work.tar.gz (apply)
 * out/  result.json, log.txt (scrubbed, appended live), output.txt (terraform: what it printed, scrubbed),
 *       changes.json (plan: `Changes`), summary.json (plan: `PlanSummary`), plan.tfplan, plan.work.tar.gz (plan:
 *       what it left outside .terraform/, and the lock file), terraform.tfstate, errored.tfstate (apply)
 *
 * In a module of its own, which builds no schema: an executor that loads zod takes 20 ms more of CPU for each job, as
 * much as a third of a small plan.
 */
export const JOB_FILES = {
  job: 'job.json',
  source: 'source.tar.gz',
  secrets: 'secrets.json',
  state: 'state.tfstate',
  plan: 'plan.tfplan',
  planWork: 'plan.work.tar.gz',
  result: 'result.json',
  log: 'log.txt',
  output: 'output.txt',
  changes: 'changes.json',
  summary: 'summary.json',
  stateOut: 'terraform.tfstate',
  erroredState: 'errored.tfstate',
} as const;
