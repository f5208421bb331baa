import type { Resource } from '../../support/aws/template.ts';
import { nameOf } from './look.ts';

/** The property that names a resource, and how long a name of it may be. */
const NAMED: Record<string, [string, number]> = {
  'AWS::Batch::JobDefinition': ['JobDefinitionName', 128],
  'AWS::Batch::JobQueue': ['JobQueueName', 128],
  'AWS::CloudWatch::Alarm': ['AlarmName', 255],
  'AWS::CodeBuild::Project': ['Name', 150],
  'AWS::DynamoDB::Table': ['TableName', 255],
  'AWS::ECR::Repository': ['RepositoryName', 256],
  'AWS::Events::EventBus': ['Name', 256],
  'AWS::Events::Rule': ['Name', 64],
  'AWS::IAM::Role': ['RoleName', 64],
  'AWS::Lambda::Function': ['FunctionName', 64],
  'AWS::Logs::LogGroup': ['LogGroupName', 512],
  'AWS::S3::Bucket': ['BucketName', 63],
  'AWS::SQS::Queue': ['QueueName', 80],
  'AWS::Scheduler::Schedule': ['Name', 64],
  'AWS::Scheduler::ScheduleGroup': ['Name', 64],
  'AWS::SecretsManager::Secret': ['Name', 512],
  'AWS::StepFunctions::StateMachine': ['StateMachineName', 80],
};

/** Names that are used twice, that are too long, or that do not say whose they are. */
export function fixedNames(resources: readonly Resource[]): string[] {
  const seen = new Map<string, string>();
  return resources.flatMap((resource) => {
    const [property, longest] = NAMED[resource.type] ?? [];
    const name = property === undefined ? undefined : resource.properties[property];
    if (typeof name !== 'string' || longest === undefined) return [];
    const problems: string[] = [];
    const other = seen.get(`${resource.type} ${name}`);
    seen.set(`${resource.type} ${name}`, nameOf(resource));
    if (other) problems.push(`${name} is the name of ${other} too`);
    if (name.length > longest) problems.push(`${name} is longer than ${longest}`);
    if (!/(^|\/)cairn\b/.test(name)) problems.push(`${name} does not say whose it is`);
    return problems.map((problem) => `${nameOf(resource)}: ${problem}`);
  });
}
