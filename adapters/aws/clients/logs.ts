import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { type ClientOptions, settings, watched } from './settings.ts';

export function logsClient(options: ClientOptions): CloudWatchLogsClient {
  return watched(new CloudWatchLogsClient(settings(options)), 'logs', options);
}
