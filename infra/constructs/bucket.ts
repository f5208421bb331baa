import { RemovalPolicy } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type LifecycleRule,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { accept } from './accept.ts';

interface CairnBucketProps {
  bucketName: string;
  key: IKey;
  lifecycleRules: LifecycleRule[];
}

/** Private, versioned, encrypted with Cairn's key, over TLS only; kept when its stack is deleted. */
export class CairnBucket extends Bucket {
  constructor(scope: Construct, id: string, { bucketName, key, lifecycleRules }: CairnBucketProps) {
    super(scope, id, {
      bucketName,
      versioned: true,
      encryption: BucketEncryption.KMS,
      encryptionKey: key,
      // One request to KMS for many objects. With it, what KMS binds to is the bucket, not the object.
      bucketKeyEnabled: true,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      lifecycleRules,
      // A first deployment that fails takes it away again: else the next one would find the name taken.
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    // Terraform's `encrypt = true` asks for AES256 if no key is named: then whoever may read objects could.
    this.addToResourcePolicy(
      new PolicyStatement({
        sid: 'NoOtherEncryption',
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions: ['s3:PutObject'],
        resources: [this.arnForObjects('*')],
        conditions: {
          StringNotEquals: { 's3:x-amz-server-side-encryption': 'aws:kms' },
          Null: { 's3:x-amz-server-side-encryption': 'false' },
        },
      }),
    );
    accept(this, {
      'AwsSolutions-S1':
        'Only roles of this installation can reach it. Who read what is told by data events of CloudTrail, which the account turns on where it wants them; access logs would tell less, late, from a bucket more.',
    });
  }
}
