import { SFNClient } from '@aws-sdk/client-sfn';
import { type ClientOptions, endpointOf, settings, watched } from './settings.ts';

export function statesClient(options: ClientOptions): SFNClient {
  // An emulator has no host name per kind of call.
  const disableHostPrefix = endpointOf(options) !== undefined;
  return watched(new SFNClient({ ...settings(options), disableHostPrefix }), 'states', options);
}
