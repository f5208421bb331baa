import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { type ClientOptions, settings, watched } from './settings.ts';

export function schedulerClient(options: ClientOptions): SchedulerClient {
  return watched(new SchedulerClient(settings(options)), 'scheduler', options);
}
