import { fileURLToPath } from 'node:url';
import { App, type AppProps, Tags, Validations } from 'aws-cdk-lib';
import { ManagedPolicy, PermissionsBoundary } from 'aws-cdk-lib/aws-iam';
import { AwsSolutionsChecks } from 'cdk-nag';
import { InvalidConfig } from '../core/errors.ts';
import type { InfraConfig } from './config/config.ts';
import { inOwnAccount } from './config/ephemeral-checks.ts';
import { loadInfraConfig } from './config/load-config.ts';
import { placed } from './config/placed.ts';
import { jobsStackName, STACKS } from './names.ts';
import { FoundationStack } from './stacks/foundation.ts';
import { ImagesStack } from './stacks/images.ts';
import { JobsStack } from './stacks/jobs.ts';
import { NetworkStack } from './stacks/network.ts';
import { ObservabilityStack } from './stacks/observability.ts';
import { PipelineStack } from './stacks/pipeline.ts';

export interface CairnAppOptions extends AppProps {
  /** Folders that the images are made of. */
  contexts: { executor: string; lambda: string };
  /** Account of the credentials: used where the configuration names none. */
  account?: string | undefined;
}

/** All stacks of an installation. `synth()` throws what cdk-nag and the built-in validator find. */
export function cairnApp(config: InfraConfig, { contexts, account, ...options }: CairnAppOptions): App {
  const app = new App({
    analyticsReporting: false,
    autoSynth: false,
    builtinCloudFormationValidation: true,
    ...options,
  });
  const own = config.account ?? account;
  const misplaced = own === undefined ? [] : inOwnAccount(placed(config), own);
  if (misplaced.length > 0) throw new InvalidConfig(misplaced.map((problem) => `${config.file}: ${problem}`));
  const shared = {
    config,
    env: { region: config.region, ...(own === undefined ? {} : { account: own }) },
    // Said once more for the stacks: with `explicitStackTags` they take none from the tags of resources.
    tags: tagsOf(config),
  };

  const foundation = new FoundationStack(app, STACKS.foundation, shared);
  const network = new NetworkStack(app, STACKS.network, shared);
  const images = new ImagesStack(app, STACKS.images, { ...shared, contexts });
  const pipeline = new PipelineStack(app, STACKS.pipeline, { ...shared, foundation, network, images });
  const jobs = config.repositories.map(
    (repository) =>
      new JobsStack(app, jobsStackName(repository.name), {
        ...shared,
        repository,
        foundation,
        network,
        images,
      }),
  );
  const observability = new ObservabilityStack(app, STACKS.observability, {
    ...shared,
    foundation,
    pipeline,
  });

  // Stacks know each other by fixed names, which tell CloudFormation nothing about their order.
  for (const stack of [images, pipeline, ...jobs]) stack.addStackDependency(foundation);
  for (const stack of [pipeline, ...jobs]) stack.addStackDependency(images);
  for (const stack of [pipeline, ...jobs]) stack.addStackDependency(network);
  observability.addStackDependency(pipeline);

  for (const [key, value] of Object.entries(tagsOf(config))) {
    // A dashboard's tags are newer than what some regions and checkers know.
    Tags.of(app).add(key, value, { excludeResourceTypes: ['AWS::CloudWatch::Dashboard'] });
  }
  if (config.permissionBoundary !== null) {
    PermissionsBoundary.of(app).apply(
      ManagedPolicy.fromManagedPolicyArn(foundation, 'Boundary', config.permissionBoundary),
    );
  }
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  for (const warning of config.warnings) Validations.of(app).addWarning('cairn:config', warning);
  return app;
}

function tagsOf(config: InfraConfig): Record<string, string> {
  return { application: 'cairn', ...config.tags };
}

async function main(): Promise<void> {
  const { node } = new App({ autoSynth: false });
  const file = (node.tryGetContext('config') as string | undefined) ?? process.env['CAIRN_INFRA'];
  const config = loadInfraConfig(file);
  const { buildBundle, buildImageContexts } = await import('../scripts/build.ts');
  const contexts = await buildImageContexts();
  // What builds run in CodeBuild.
  await buildBundle('fargate');
  cairnApp(config, { contexts, account: process.env['CDK_DEFAULT_ACCOUNT'] }).synth();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main().catch((error: unknown) => {
    console.error(error instanceof InvalidConfig ? error.message : error);
    process.exitCode = 1;
  });
}
