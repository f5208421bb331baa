import type { JobEnvironment } from './environment.ts';

/** Where the live log of this job is in CloudWatch Logs. */
interface LogStream {
  group: string;
  stream: string;
}

/** Asks ECS (task metadata, version 4) or CodeBuild. Null if neither is there, or says it. */
export async function logStream(env: JobEnvironment): Promise<LogStream | null> {
  if (env.CODEBUILD_LOG_PATH && env.CAIRN_JOB_LOGS) {
    return { group: env.CAIRN_JOB_LOGS, stream: env.CODEBUILD_LOG_PATH };
  }
  if (!env.ECS_CONTAINER_METADATA_URI_V4) return null;
  try {
    const answer = await fetch(env.ECS_CONTAINER_METADATA_URI_V4, { signal: AbortSignal.timeout(2000) });
    const { LogOptions } = (await answer.json()) as { LogOptions?: Record<string, string> };
    const group = LogOptions?.['awslogs-group'];
    const stream = LogOptions?.['awslogs-stream'];
    return group && stream ? { group, stream } : null;
  } catch {
    // Nobody can watch the log live; it is stored at the end all the same.
    return null;
  }
}
