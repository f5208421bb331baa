import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { InfraConfig } from '../config/config.ts';
import { ImageBuild } from '../constructs/image-build/image-build.ts';
import { ImageBuilder } from '../constructs/image-build/image-builder.ts';
import type { Image, Images, ImagesProps } from '../context.ts';
import { BASES } from '../images-base.ts';
import { IMAGE_LOGS, IMAGES } from '../names.ts';

const PROJECTS = { executor: 'cairn-image-executor', lambda: 'cairn-image-lambda' } as const;

/** The two images, built in the account. */
export class ImagesStack extends Stack implements Images {
  readonly executor: Image;
  readonly lambda: Image;

  constructor(scope: Construct, id: string, props: ImagesProps) {
    super(scope, id, { ...props, description: 'Cairn: the images of its jobs and functions' });
    const { config, contexts } = props;
    const { architecture } = config;
    const logGroup = new LogGroup(this, 'Log', {
      logGroupName: IMAGE_LOGS,
      retention: config.retention.logs,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const builder = new ImageBuilder(this, 'Builder', {
      projects: Object.values(PROJECTS),
      repositories: Object.values(IMAGES),
      retention: config.retention.logs,
    });
    const image = (name: keyof typeof IMAGES, buildArgs: Record<string, string>) =>
      new ImageBuild(this, name === 'executor' ? 'Executor' : 'Lambda', {
        builder,
        projectName: PROJECTS[name],
        repositoryName: IMAGES[name],
        context: contexts[name],
        buildArgs: { BASE: BASES[name][architecture], ...buildArgs },
        architecture,
        logGroupName: logGroup.logGroupName,
      });
    this.executor = image('executor', executorArgs(config));
    this.lambda = image('lambda', {});
  }
}

/** What executor/Dockerfile is told to fetch. */
export function executorArgs({
  binaries,
  providerMirror,
}: Pick<InfraConfig, 'binaries' | 'providerMirror'>): Record<string, string> {
  const versionsOf = (wanted: 'terraform' | 'tofu') =>
    binaries.flatMap(({ name, version }) => (name === wanted ? version : [])).join(' ');
  const providers = Object.entries(providerMirror).flatMap(([provider, versions]) =>
    versions.map((version) => `${provider}@${version}`),
  );
  return {
    TERRAFORM_VERSIONS: versionsOf('terraform'),
    OPENTOFU_VERSIONS: versionsOf('tofu'),
    PROVIDERS: providers.join(' '),
  };
}
