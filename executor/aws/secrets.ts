import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { JobFailed, JobRefused } from '../outcome.ts';

const ARN = /^arn:aws[a-z-]*:secretsmanager:([a-z0-9-]+):\d{12}:secret:.+$/;

/** Value of an environment variable's secret, by the ARN that cairn.yaml names; read once, right before the start. */
export async function readSecret(
  name: string,
  reference: string,
  endpoint = process.env['AWS_ENDPOINT_URL'],
): Promise<string> {
  const region = ARN.exec(reference)?.[1];
  if (!region) {
    throw new JobRefused(
      `The secret ${name}: ${JSON.stringify(reference)} is not the ARN of a secret in Secrets Manager. ` +
        'Name it in cairn.yaml as arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME.',
    );
  }
  const client = new SecretsManagerClient({ region, maxAttempts: 8, ...(endpoint ? { endpoint } : {}) });
  try {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: reference }));
    if (SecretString !== undefined) return SecretString;
  } catch (cause) {
    throw explain(name, reference, cause as Error);
  } finally {
    client.destroy();
  }
  throw new JobRefused(`The secret ${name}: ${reference} holds bytes; an environment variable needs a text.`);
}

function explain(name: string, reference: string, cause: Error): Error {
  if (cause.name === 'ResourceNotFoundException') {
    return new JobRefused(`The secret ${name}: ${reference} is not there, or has no value yet.`, { cause });
  }
  if (cause.name === 'AccessDeniedException') {
    return new JobRefused(
      `The secret ${name}: this job's role may not read ${reference}. Add it to the environment's \`secrets\` in ` +
        'cairn.infra.yaml (plan or apply), the KMS key that it is encrypted with to `secrets.keys` if it has one of its ' +
        'own, deploy Cairn again, and look at the policies of the secret and of its key.',
      { cause },
    );
  }
  return new JobFailed(`The secret ${name}: ${reference} cannot be read: ${cause.message}`, { cause });
}
