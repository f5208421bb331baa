import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { type ClientOptions, settings, watched } from './settings.ts';

export function eventsClient(options: ClientOptions): EventBridgeClient {
  return watched(new EventBridgeClient(settings(options)), 'events', options);
}
