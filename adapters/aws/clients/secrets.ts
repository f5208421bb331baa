import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { type ClientOptions, settings, watched } from './settings.ts';

export function secretsClient(options: ClientOptions): SecretsManagerClient {
  return watched(new SecretsManagerClient(settings(options)), 'secretsmanager', options);
}
