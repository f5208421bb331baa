import type {
  EcsTaskProperties,
  RegisterJobDefinitionRequest,
  SubmitJobRequest,
  TaskContainerProperties,
} from '@aws-sdk/client-batch';
import { ACCOUNT, REGION } from './moto.ts';

/** What Batch answers, with status 400, to a request that is wrong. */
export class ClientException extends Error {
  override readonly name = 'ClientException';
}

interface JobDefinition {
  name: string;
  arn: string;
  task: EcsTaskProperties;
  /** Seconds of an attempt. */
  timeout: number | null;
}

/** Job definitions by name; the newest revision counts. */
export function definitionsOf(which: 'registered' | 'any') {
  const registered = new Map<string, JobDefinition & { revision: number }>();
  const arn = (name: string, revision: number) =>
    `arn:aws:batch:${REGION}:${ACCOUNT}:job-definition/${name}:${revision}`;

  function register(request: RegisterJobDefinitionRequest) {
    const name = String(request.jobDefinitionName);
    const task = request.ecsProperties?.taskProperties?.[0];
    if (!task) throw new ClientException(`${name}: only definitions with ecsProperties are known here`);
    const revision = (registered.get(name)?.revision ?? 0) + 1;
    const timeout = request.timeout?.attemptDurationSeconds ?? null;
    registered.set(name, { name, arn: arn(name, revision), task, timeout, revision });
    return { jobDefinitionName: name, jobDefinitionArn: arn(name, revision), revision };
  }

  /** By name, `name:revision` or ARN. */
  function find(asked: string): JobDefinition {
    const name = asked.replace(/^arn:.*job-definition\//, '').replace(/:\d+$/, '');
    const known = registered.get(name);
    if (known) return known;
    if (which === 'registered') throw new ClientException(`JobDefinition not found: ${asked}`);
    const container = { name: 'executor', image: 'none', essential: true, environment: [] };
    return { name, arn: arn(name, 1), task: { containers: [container] }, timeout: null };
  }

  return { register, find };
}

/** The task to start. Batch refuses what does not fit its definition, so that a mistake shows here too. */
export function refuseBadSubmit(
  request: SubmitJobRequest,
  { name, task }: JobDefinition,
  queues: readonly string[],
): EcsTaskProperties {
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/.test(request.jobName ?? '')) {
    throw new ClientException(`Job name should match valid pattern: ${request.jobName}`);
  }
  if (!queues.includes(request.jobQueue ?? '')) {
    throw new ClientException(`JobQueue ${request.jobQueue} not found`);
  }
  if (request.containerOverrides) {
    throw new ClientException(`Container overrides are not allowed for ${name}, which has ecsProperties`);
  }
  for (const { name: container } of overridesOf(request)) {
    if (task.containers?.some((one) => one.name === container)) continue;
    throw new ClientException(`There is no container ${container} in ${name}`);
  }
  return task;
}

/** The definition's own environment with what the submit puts over it. */
export function environmentOf(
  request: SubmitJobRequest,
  container: TaskContainerProperties,
): Record<string, string> {
  const over = overridesOf(request).find(({ name }) => name === container.name)?.environment ?? [];
  const all = [...(container.environment ?? []), ...over];
  return Object.fromEntries(all.map(({ name, value }) => [String(name), String(value)]));
}

function overridesOf(request: SubmitJobRequest) {
  return (request.ecsPropertiesOverride?.taskProperties ?? []).flatMap((task) => task.containers ?? []);
}
