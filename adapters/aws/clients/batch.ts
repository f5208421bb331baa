import { BatchClient } from '@aws-sdk/client-batch';
import { type ClientOptions, settings, watched } from './settings.ts';

export function batchClient(options: ClientOptions): BatchClient {
  return watched(new BatchClient(settings(options)), 'batch', options);
}
