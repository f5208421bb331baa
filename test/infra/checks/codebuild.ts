import type { Resource } from '../../support/aws/template.ts';
import { at, nameOf, ofType } from './look.ts';

/** Compute types by environment type. Source: the CodeBuild user guide, "Build environment compute types". */
const COMPUTE: Record<string, string[]> = {
  ARM_CONTAINER: ['SMALL', 'MEDIUM', 'LARGE', 'XLARGE', '2XLARGE'].map((size) => `BUILD_GENERAL1_${size}`),
  LINUX_CONTAINER: ['SMALL', 'MEDIUM', 'LARGE', 'XLARGE', '2XLARGE'].map((size) => `BUILD_GENERAL1_${size}`),
};

/** Prefixes of CodeBuild's own images that run on a machine of that type. */
const CURATED: Record<string, string[]> = {
  ARM_CONTAINER: [
    'aws/codebuild/amazonlinux-aarch64-standard:',
    'aws/codebuild/amazonlinux2-aarch64-standard:',
  ],
  LINUX_CONTAINER: ['aws/codebuild/amazonlinux-x86_64-standard:', 'aws/codebuild/standard:'],
};

/** Machines that CodeBuild does not have, or that cannot run their image. */
export function codeBuildMachines(resources: readonly Resource[]): string[] {
  return ofType(resources, 'AWS::CodeBuild::Project').flatMap((project) => {
    const environment = project.properties['Environment'];
    const [type, compute, image] = ['Type', 'ComputeType', 'Image'].map((key) =>
      String(at(environment, key)),
    ) as [string, string, string];
    const problems: string[] = [];
    if (!COMPUTE[type]?.includes(compute)) problems.push(`CodeBuild has no ${compute} of type ${type}`);
    const curated = image.startsWith('aws/codebuild/');
    if (curated && !CURATED[type]?.some((prefix) => image.startsWith(prefix))) {
      problems.push(`${image} does not run on ${type}`);
    }
    return problems.map((problem) => `${nameOf(project)}: ${problem}`);
  });
}
