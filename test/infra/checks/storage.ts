import type { Resource } from '../../support/aws/template.ts';
import { at, list, nameOf, ofType, statementsOf } from './look.ts';

const PUBLIC = ['BlockPublicAcls', 'BlockPublicPolicy', 'IgnorePublicAcls', 'RestrictPublicBuckets'];

/** Buckets that are not encrypted with a key of ours, not versioned, or not closed to the public. */
export function lockedBuckets(resources: readonly Resource[]): string[] {
  return ofType(resources, 'AWS::S3::Bucket').flatMap((bucket) => {
    const { properties } = bucket;
    const encryption = at(properties, 'BucketEncryption', 'ServerSideEncryptionConfiguration', 0);
    const how = at(encryption, 'ServerSideEncryptionByDefault', 'SSEAlgorithm');
    const key = at(encryption, 'ServerSideEncryptionByDefault', 'KMSMasterKeyID');
    return [
      how === 'aws:kms' && key ? '' : 'is not encrypted with a key of ours',
      at(properties, 'VersioningConfiguration', 'Status') === 'Enabled' ? '' : 'is not versioned',
      PUBLIC.every((rule) => at(properties, 'PublicAccessBlockConfiguration', rule) === true)
        ? ''
        : 'is not closed to the public',
    ]
      .filter((problem) => problem !== '')
      .map((problem) => `${nameOf(bucket)}: ${problem}`);
  });
}

const POLICIES = {
  'AWS::S3::Bucket': { policy: 'AWS::S3::BucketPolicy', names: 'BucketName', of: 'Bucket' },
  'AWS::SQS::Queue': { policy: 'AWS::SQS::QueuePolicy', names: 'QueueName', of: 'Queues' },
} as const;

/** Buckets and queues that answer without TLS. */
export function tlsOnly(resources: readonly Resource[]): string[] {
  return Object.entries(POLICIES).flatMap(([type, { policy, names, of }]) => {
    const safe = ofType(resources, policy)
      .filter((document) =>
        statementsOf(document).some(
          ({ Effect, Condition }) =>
            Effect === 'Deny' && String(at(Condition, 'Bool', 'aws:SecureTransport')) === 'false',
        ),
      )
      .flatMap(({ properties }) => list(properties[of]).map(String));
    return ofType(resources, type)
      .filter(({ properties }) => !safe.some((target) => target.endsWith(String(properties[names]))))
      .map((resource) => `${nameOf(resource)}: answers without TLS`);
  });
}

/** Logs that are kept for ever. */
export function keptLogs(resources: readonly Resource[]): string[] {
  return ofType(resources, 'AWS::Logs::LogGroup')
    .filter(({ properties }) => properties['RetentionInDays'] === undefined)
    .map((group) => `${nameOf(group)}: is kept for ever`);
}

/** Queues that lose what nobody could read, or that show a message again while it is still worked on. */
export function patientQueues(resources: readonly Resource[]): string[] {
  const queues = ofType(resources, 'AWS::SQS::Queue');
  const dead = new Set(
    resources.flatMap(({ properties }) => JSON.stringify(properties).match(/arn:aws:sqs:[^"]*-dead/g) ?? []),
  );
  return queues
    .filter(({ properties }) => {
      const isDead = [...dead].some((arn) => arn.endsWith(`:${properties['QueueName']}`));
      return !isDead && at(properties, 'RedrivePolicy', 'deadLetterTargetArn') === undefined;
    })
    .map((queue) => `${nameOf(queue)}: has no dead-letter queue, and is none`);
}
