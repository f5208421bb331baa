import { RemovalPolicy } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { CfnSecret, type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { accept } from './accept.ts';

const BY_HAND =
  'Rotated by people or by `cairn deploy`: functions read it anew every five minutes, nothing has to be deployed.';

interface CairnSecretProps {
  name: string;
  key: IKey;
  description: string;
}

/** 64 random letters and digits. Any change of how they are made would make new ones: leave it. */
export function randomSecret(
  scope: Construct,
  id: string,
  { name, key, description }: CairnSecretProps,
): ISecret {
  const secret = new Secret(scope, id, {
    secretName: name,
    description,
    encryptionKey: key,
    generateSecretString: { passwordLength: 64, excludePunctuation: true },
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  });
  accept(secret, { 'AwsSolutions-SMG4': BY_HAND });
  return secret as ISecret;
}

/** Without a value, which is put there by people: a stack that knew one would put it there again. */
export function emptySecret(
  scope: Construct,
  id: string,
  { name, key, description }: CairnSecretProps,
): ISecret {
  const secret = new CfnSecret(scope, id, { name, description, kmsKeyId: key.keyArn });
  secret.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
  accept(secret, { 'AwsSolutions-SMG4': BY_HAND });
  return Secret.fromSecretAttributes(scope, `${id}Value`, {
    secretCompleteArn: secret.attrId,
    encryptionKey: key,
  });
}
