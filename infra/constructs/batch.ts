import { CfnComputeEnvironment, CfnJobQueue } from 'aws-cdk-lib/aws-batch';
import { Construct } from 'constructs';
import { queueName } from '../../core/jobs/names.ts';
import type { Network } from '../context.ts';

/** Jobs of a wave that a workflow runs side by side: MaxConcurrency of its Map states. */
const WAVE = 20;
/** Waves that run at full width at the same time: two repositories, or a deploy beside a pull request. */
const WAVES = 2;

interface BatchProps {
  network: Network;
  /** vCPU of the largest size of a job. */
  largest: number;
}

/**
 * Where jobs run. Plans take Spot, and on-demand where Spot has no place left; a reclaimed plan is repeated.
 * An apply is never repeated, so it never runs where it could be reclaimed.
 */
export class CairnBatch extends Construct {
  constructor(scope: Construct, id: string, { network, largest }: BatchProps) {
    super(scope, id);
    // A ceiling on what a mistake can cost; nothing is paid for vCPUs that no job uses.
    const most = WAVES * WAVE * largest;
    const spot = environment(this, 'Spot', 'FARGATE_SPOT', network, most);
    const plain = environment(this, 'OnDemand', 'FARGATE', network, most);
    const applies = environment(this, 'Applies', 'FARGATE', network, most);
    queue(this, 'Plan', queueName('plan'), [spot, plain]);
    queue(this, 'Apply', queueName('apply'), [applies]);
  }
}

/** Without a name: one that has to be replaced can stand beside its successor. */
function environment(
  scope: Construct,
  id: string,
  type: 'FARGATE' | 'FARGATE_SPOT',
  { subnets, securityGroups }: Network,
  most: number,
): CfnComputeEnvironment {
  return new CfnComputeEnvironment(scope, id, {
    type: 'MANAGED',
    state: 'ENABLED',
    // Changes of these are made in place: a replacement would wait for its jobs to end.
    replaceComputeEnvironment: false,
    computeResources: {
      type,
      maxvCpus: most,
      subnets: subnets.map(({ subnetId }) => subnetId),
      securityGroupIds: securityGroups.map(({ securityGroupId }) => securityGroupId),
    },
  });
}

function queue(scope: Construct, id: string, name: string, inOrder: CfnComputeEnvironment[]): void {
  new CfnJobQueue(scope, id, {
    jobQueueName: name,
    state: 'ENABLED',
    priority: 1,
    computeEnvironmentOrder: inOrder.map((one, index) => ({
      order: index + 1,
      computeEnvironment: one.attrComputeEnvironmentArn,
    })),
  });
}
