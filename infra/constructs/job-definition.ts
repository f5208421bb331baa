import { Stack } from 'aws-cdk-lib';
import { CfnJobDefinition } from 'aws-cdk-lib/aws-batch';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { definitionName, type JobIdentity } from '../../core/jobs/names.ts';
import { APPLY_TIMEOUT, PLAN_TIMEOUT } from '../../core/jobs/orders.ts';
import type { Size } from '../config/config.ts';
import { JOB_LOGS } from '../names.ts';

/** Name of the container: the workflows give its environment by it. */
export const CONTAINER = 'executor';

/** What a job may write to; the root filesystem is read-only. The image declares them as volumes of user 1000. */
export const VOLUMES = { job: '/cairn/job', work: '/cairn/work', tmp: '/tmp' } as const;

/**
 * Seconds beyond the job's own limit, in which it is filled, stopped in order and carried away; the states'
 * limits in workflows/ are longer still.
 */
const MARGIN = 900;

/** How ECS tells that Fargate Spot took a task back; Batch hands it on as the attempt's status reason. */
export const SPOT_RECLAIM = 'Your Spot Task was interrupted*';

interface JobDefinitionProps {
  identity: JobIdentity;
  /** Its name in the orders, and what it is. */
  size: { name: string; is: Size };
  image: string;
  architecture: 'arm64' | 'x86_64';
  variables: Record<string, string>;
  jobRole: IRole;
  executionRole: IRole;
  publicIp: boolean;
}

/** How one identity's jobs of one size run on Fargate. L1: `stopTimeout` exists only below `ecsProperties`. */
export function jobDefinition(scope: Construct, id: string, props: JobDefinitionProps): CfnJobDefinition {
  const { identity, size, jobRole, executionRole } = props;
  const { stage } = identity;
  return new CfnJobDefinition(scope, id, {
    jobDefinitionName: definitionName(identity, size.name),
    type: 'container',
    platformCapabilities: ['FARGATE'],
    retryStrategy: stage === 'apply' ? { attempts: 1 } : RETRY_ON_RECLAIM,
    timeout: { attemptDurationSeconds: (stage === 'apply' ? APPLY_TIMEOUT : PLAN_TIMEOUT) + MARGIN },
    ecsProperties: {
      taskProperties: [
        {
          taskRoleArn: jobRole.roleArn,
          executionRoleArn: executionRole.roleArn,
          ephemeralStorage: { sizeInGiB: size.is.disk },
          networkConfiguration: { assignPublicIp: props.publicIp ? 'ENABLED' : 'DISABLED' },
          runtimePlatform: {
            cpuArchitecture: props.architecture === 'arm64' ? 'ARM64' : 'X86_64',
            operatingSystemFamily: 'LINUX',
          },
          volumes: Object.keys(VOLUMES).map((name) => ({ name })),
          containers: [container(Stack.of(scope), props)],
        },
      ],
    },
  });
}

/** Only what Spot took back is run again: a plan that fails fails again, and costs each time. */
const RETRY_ON_RECLAIM = {
  attempts: 3,
  evaluateOnExit: [
    { action: 'RETRY', onStatusReason: SPOT_RECLAIM },
    { action: 'EXIT', onReason: '*' },
  ],
};

function container(
  { region }: Stack,
  { identity, size, image, variables }: JobDefinitionProps,
): CfnJobDefinition.TaskContainerPropertiesProperty {
  return {
    name: CONTAINER,
    image,
    essential: true,
    user: '1000',
    readonlyRootFilesystem: true,
    // What reaps the processes that providers leave. Batch offers nothing to drop capabilities with, and
    // Fargate no privileges: a user who is not root has none of them in effect.
    linuxParameters: { initProcessEnabled: true },
    // The longest that there is, in which terraform ends what it does and its state is stored.
    stopTimeout: 120,
    resourceRequirements: [
      { type: 'VCPU', value: String(size.is.cpu) },
      { type: 'MEMORY', value: String(size.is.memory) },
    ],
    environment: Object.entries(variables).map(([name, value]) => ({ name, value })),
    mountPoints: Object.entries(VOLUMES).map(([sourceVolume, containerPath]) => ({
      sourceVolume,
      containerPath,
      readOnly: false,
    })),
    logConfiguration: {
      logDriver: 'awslogs',
      options: {
        'awslogs-group': JOB_LOGS,
        'awslogs-region': region,
        'awslogs-stream-prefix': `${identity.repository}/${identity.environment}/${identity.stage}`,
        // An apply must not stand still because CloudWatch does; the whole log is stored at its end anyway.
        mode: 'non-blocking',
        'max-buffer-size': '25m',
      },
    },
  };
}
