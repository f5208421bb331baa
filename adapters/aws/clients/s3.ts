import { S3Client } from '@aws-sdk/client-s3';
import { type ClientOptions, endpointOf, settings, watched } from './settings.ts';

/** A source archive may be large. Milliseconds. */
const ANSWER = 60_000;

export function s3Client(options: ClientOptions): S3Client {
  // An emulator has no host name per bucket.
  const forcePathStyle = endpointOf(options) !== undefined;
  return watched(new S3Client({ ...settings(options, ANSWER), forcePathStyle }), 's3', options);
}
