import type { IncomingMessage } from 'node:http';
import type { SmokeLine } from '../../../executor/aws/smoke.ts';

export const STAGES = ['pr-plan', 'deploy-plan', 'apply', 'verify'];

/** How the services answer that the emulator does not have, or cannot play. */
export interface Scene {
  build: string;
  schedule: string;
  /** Whether functions write lines. */
  heard: boolean;
  /** Of the job of a stage. */
  job(stage: string): { status: string; statusReason?: string };
  lines(stage: string): SmokeLine[];
  submitted: {
    jobName: string;
    jobQueue: string;
    jobDefinition: string;
    variables: Record<string, string>;
  }[];
  terminated: string[];
}

export function line(name: string, status: SmokeLine['status'], message = 'good', help?: string): SmokeLine {
  return { smoke: 1, name, status, message, ...(help === undefined ? {} : { help }) };
}

/** Batch, CodeBuild, Scheduler and the search in logs. */
export function answerOf(scene: Scene, request: IncomingMessage, text: string, now: number) {
  const target = String(request.headers['x-amz-target'] ?? '');
  const path = request.url ?? '';
  const body = () => JSON.parse(text) as Record<string, unknown>;
  const good = (value: unknown) => ({ body: value });

  if (target.endsWith('.ListBuildsForProject')) return good({ ids: ['x:1'] });
  if (target.endsWith('.BatchGetBuilds')) return good({ builds: [{ id: 'x:1', buildStatus: scene.build }] });
  if (path.startsWith('/schedules/')) return good({ State: scene.schedule });
  if (target.endsWith('.FilterLogEvents')) {
    const message = body()['filterPattern'] ?? 'a line';
    return good({ events: scene.heard ? [{ timestamp: now - 60_000, message }] : [] });
  }
  if (target.endsWith('.GetLogEvents')) {
    if (body()['nextToken']) return good({ events: [], nextForwardToken: 'end' });
    const lines = scene.lines(String(body()['logStreamName']).replace('stream-', ''));
    const events = ['no JSON', ...lines.map((one) => JSON.stringify(one))].map((message) => ({ message }));
    return good({ events, nextForwardToken: 'end' });
  }
  if (path === '/v1/submitjob') {
    const { jobName, jobQueue, jobDefinition, ecsPropertiesOverride } = body() as unknown as {
      jobName: string;
      jobQueue: string;
      jobDefinition: string;
      ecsPropertiesOverride: {
        taskProperties: [{ containers: [{ name: string; environment: { name: string; value: string }[] }] }];
      };
    };
    const [container] = ecsPropertiesOverride.taskProperties[0].containers;
    const variables = Object.fromEntries(container.environment.map(({ name, value }) => [name, value]));
    scene.submitted.push({ jobName, jobQueue, jobDefinition, variables });
    return good({ jobId: `job-${STAGES.find((stage) => jobName.endsWith(`prod-${stage}`))}`, jobName });
  }
  if (path === '/v1/describejobs') {
    const jobs = (body()['jobs'] as string[]).map((jobId) => {
      const stage = jobId.replace('job-', '');
      const containers = [{ logStreamName: `stream-${stage}` }];
      return { jobId, ...scene.job(stage), ecsProperties: { taskProperties: [{ containers }] } };
    });
    return good({ jobs });
  }
  if (path === '/v1/terminatejob') {
    scene.terminated.push(String(body()['jobId']));
    return good({});
  }
  return null;
}
