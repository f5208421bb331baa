import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { NotFound } from '../../../core/errors.ts';
import { isAws, reach } from '../clients/errors.ts';

/** The text of a secret of Secrets Manager, by name or ARN. */
export async function secretValue(client: SecretsManagerClient, reference: string): Promise<string> {
  const command = new GetSecretValueCommand({ SecretId: reference });
  const answer = await reach(`secret ${reference}`, () => client.send(command)).catch((error: unknown) => {
    if (!isAws(error, 'ResourceNotFoundException')) throw error;
    throw new NotFound(
      `There is no secret ${reference}, or it has no value yet: give it one with "aws secretsmanager put-secret-value --secret-id ${reference}".`,
      { cause: error },
    );
  });
  if (answer.SecretString !== undefined) return answer.SecretString;
  throw new NotFound(`The secret ${reference} holds bytes: give it a text.`);
}
