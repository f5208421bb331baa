import type { InfraConfig } from '../../../infra/config/config.ts';
import type { Resource } from '../../support/aws/template.ts';
import { codeBuildMachines } from './codebuild.ts';
import { closedDoors, closedNetwork } from './exposure.ts';
import { fargateSizes } from './fargate.ts';
import { boundedRoles, noStarActions } from './iam.ts';
import { fixedNames } from './names.ts';
import { schedules } from './schedules.ts';
import { keptLogs, lockedBuckets, patientQueues, tlsOnly } from './storage.ts';

/** What neither cfn-lint nor the validator nor cdk-nag notices: problems as sentences, none if all is well. */
export type Check = (resources: readonly Resource[], config: InfraConfig) => string[];

export const CHECKS: Record<string, Check> = {
  fargateSizes,
  codeBuildMachines,
  schedules,
  closedDoors,
  closedNetwork,
  lockedBuckets,
  keptLogs,
  patientQueues,
  tlsOnly,
  boundedRoles,
  noStarActions,
  fixedNames,
};
