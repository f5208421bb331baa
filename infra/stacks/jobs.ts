import { Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Asset } from 'aws-cdk-lib/aws-s3-assets';
import type { Construct } from 'constructs';
import { STANDARD_SIZE } from '../../core/jobs/names.ts';
import type { JobVariables } from '../../executor/aws/environment.ts';
import type { EnvironmentConfig, InfraConfig, Size } from '../config/config.ts';
import { placesOf } from '../config/placed.ts';
import { buildProject, executorBundle } from '../constructs/build-project.ts';
import { jobDefinition } from '../constructs/job-definition.ts';
import type { JobsProps } from '../context.ts';
import { bucketName, IMAGES, JOB_LOGS, jobRoleName, STAGES, type Stage } from '../names.ts';
import { type JobPlace, jobGrants } from '../permissions/job-policy.ts';
import { grantTo } from '../permissions/statements.ts';
import { arns, jobWorld } from '../permissions/world.ts';

/**
 * One repository's jobs: per environment and stage a role of its own, per size a definition. All its ephemeral
 * environments are one, `ephemeral`.
 */
export class JobsStack extends Stack {
  /** By `<environment> <stage>`. */
  readonly jobRoles: Record<string, Role> = {};
  readonly executionRole: Role;
  private bundle: Asset | null = null;

  constructor(scope: Construct, id: string, props: JobsProps) {
    super(scope, id, { ...props, description: `Cairn: the jobs of ${props.repository.name}` });
    this.executionRole = this.makeExecutionRole();
    for (const environment of placesOf(props.repository)) {
      for (const stage of STAGES) {
        if (stage === 'build') this.addBuild(environment, props);
        else this.addStage(environment, stage, props);
      }
    }
  }

  private addStage(environment: EnvironmentConfig, stage: Exclude<Stage, 'build'>, props: JobsProps): void {
    const { config, images, network, repository } = props;
    const jobRole = this.makeRole(environment, stage, props);
    const { AWS_REGION, ...rest } = this.variables(environment, stage);
    for (const [name, is] of sizesOf(environment, config)) {
      jobDefinition(this, `${environment.name}-${stage}-${name}`, {
        identity: { repository: repository.name, environment: environment.name, stage },
        size: { name, is },
        image: images.executor.uri,
        architecture: config.architecture,
        variables: { AWS_REGION, ...rest },
        jobRole,
        executionRole: this.executionRole,
        publicIp: network.publicIp,
      });
    }
  }

  private addBuild(environment: EnvironmentConfig, props: JobsProps): void {
    if (!environment.build) return;
    this.bundle ??= executorBundle(this);
    // CodeBuild says by itself which region it is in.
    const { AWS_REGION: _, ...variables } = this.variables(environment, 'build');
    buildProject(this, `${environment.name}-build`, {
      identity: { repository: props.repository.name, environment: environment.name, stage: 'build' },
      bundle: this.bundle,
      architecture: props.config.architecture,
      variables,
      role: this.makeRole(environment, 'build', props),
    });
  }

  /** Its name is what target accounts trust; only tasks and builds of this account can have it. */
  private makeRole(
    environment: EnvironmentConfig,
    stage: Stage,
    { repository, foundation }: JobsProps,
  ): Role {
    const service = stage === 'build' ? 'codebuild' : 'ecs-tasks';
    const source =
      stage === 'build' ? arns(this).arn('codebuild', 'project/cairn-*') : arns(this).arn('ecs', '*');
    const role = new Role(this, `${environment.name}-${stage}-Role`, {
      roleName: jobRoleName(repository.name, environment.name, stage),
      description: `Jobs of ${repository.name}, ${environment.name}: ${stage}`,
      assumedBy: new ServicePrincipal(`${service}.amazonaws.com`, {
        conditions: {
          StringEquals: { 'aws:SourceAccount': this.account },
          ArnLike: { 'aws:SourceArn': source },
        },
      }),
    });
    grantTo(
      role,
      jobGrants(jobPlaceOf(repository.name, environment, stage), jobWorld(this, foundation.key.keyArn)),
    );
    this.jobRoles[`${environment.name} ${stage}`] = role;
    return role;
  }

  /** What Fargate does before a job of ours runs: fetch the image, open the log. */
  private makeExecutionRole(): Role {
    const role = new Role(this, 'ExecutionRole', {
      assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': this.account } },
      }),
    });
    grantTo(role, [
      {
        sid: 'LogIn',
        actions: ['ecr:GetAuthorizationToken'],
        resources: ['*'],
        unscoped: 'IAM knows no resource for ecr:GetAuthorizationToken',
      },
      {
        sid: 'PullImage',
        actions: ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
        resources: [arns(this).arn('ecr', `repository/${IMAGES.executor}`)],
      },
      {
        sid: 'WriteLog',
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [arns(this).jobStreams],
      },
    ]);
    return role;
  }

  private variables(environment: EnvironmentConfig, stage: Stage) {
    const { account, region } = this;
    const targetRole = targetRoleOf(environment, stage);
    return {
      AWS_REGION: region,
      CAIRN_ARTIFACTS: bucketName('artifacts', { account, region }),
      CAIRN_STATES: bucketName('states', { account, region }),
      CAIRN_STAGE: stage,
      CAIRN_JOB_LOGS: JOB_LOGS,
      ...(targetRole ? { CAIRN_TARGET_ROLE: targetRole, CAIRN_EXTERNAL_ID: environment.externalId } : {}),
    } satisfies JobVariables;
  }
}

/** Orders ask for a size by name; `standard` is what the environment's jobs get unless a project asks for another. */
function sizesOf(environment: EnvironmentConfig, { sizes }: InfraConfig): [string, Size][] {
  const own = sizes[environment.size];
  if (!own) throw new Error(`${environment.name}: there is no size ${environment.size}`);
  return Object.entries({ ...sizes, [STANDARD_SIZE]: own });
}

function jobPlaceOf(repository: string, environment: EnvironmentConfig, stage: Stage): JobPlace {
  return {
    repository,
    environment: environment.name,
    stage,
    targetRole: targetRoleOf(environment, stage),
    secrets: secretsOf(environment, stage),
    secretKeys: environment.secrets.keys,
    pushTo: stage === 'build' ? environment.pushTo : [],
  };
}

/** A check and a build reach no target account. */
function targetRoleOf({ planRole, applyRole }: EnvironmentConfig, stage: Stage): string | null {
  if (stage === 'apply') return applyRole;
  return stage === 'pr-plan' || stage === 'deploy-plan' ? planRole : null;
}

/** An apply gets the plan's secret where it has none of its own. */
function secretsOf({ secrets }: EnvironmentConfig, stage: Stage): string[] {
  if (stage === 'apply') return [...secrets.plan, ...secrets.apply];
  return stage === 'pr-plan' || stage === 'deploy-plan' ? secrets.plan : [];
}
