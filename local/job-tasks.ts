import { jobOrder } from '../core/jobs/order.ts';
import type { Artifacts } from '../core/ports.ts';
import { readJson } from '../core/runs/store.ts';
import { type TaskContext, TaskFailed, type TaskHandler } from './engine/index.ts';
import type { LocalJobs } from './jobs/index.ts';

interface Override {
  Name: string;
  Value: string;
}

/** `batch:submitJob.sync` on one machine: the job named by CAIRN_JOB runs as a process, to its end. */
export function batchTask(jobs: LocalJobs, artifacts: Artifacts): TaskHandler {
  return async (parameters, context) => {
    const { EcsPropertiesOverride: override, JobName } = parameters as {
      JobName: string;
      EcsPropertiesOverride: { TaskProperties: { Containers: { Environment: Override[] }[] }[] };
    };
    const environment = override.TaskProperties[0]?.Containers[0]?.Environment ?? [];
    return runJob(jobs, artifacts, JobName, environment, context);
  };
}

/** `codebuild:startBuild.sync`: the build is a job like the others. */
export function buildTask(jobs: LocalJobs, artifacts: Artifacts): TaskHandler {
  return async (parameters, context) => {
    const { EnvironmentVariablesOverride: environment, ProjectName } = parameters as {
      ProjectName: string;
      EnvironmentVariablesOverride: Override[];
    };
    return runJob(jobs, artifacts, ProjectName, environment, context);
  };
}

async function runJob(
  jobs: LocalJobs,
  artifacts: Artifacts,
  name: string,
  environment: Override[],
  context: TaskContext,
): Promise<unknown> {
  const prefix = environment.find(({ Name }) => Name === 'CAIRN_JOB')?.Value;
  if (prefix === undefined)
    throw new TaskFailed('Batch.ClientException', 'CAIRN_JOB is not among the overrides');
  const order = jobOrder.parse(await readJson({ artifacts }, `${prefix}/order.json`));
  // A step that is stopped stops its job; when the server ends, the job goes on and is found again.
  const result = await jobs.run(order, context.key, context.signal);
  const detail = {
    JobName: name,
    JobId: order.job.id,
    Status: result.status === 'ok' ? 'SUCCEEDED' : 'FAILED',
  };
  if (result.status === 'ok') return detail;
  throw new TaskFailed('States.TaskFailed', JSON.stringify({ ...detail, StatusReason: result.status }));
}
