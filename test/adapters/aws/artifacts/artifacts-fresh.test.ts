import { HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { expect, it } from 'vitest';
import { s3Artifacts } from '../../../../adapters/aws/artifacts/artifacts.ts';
import { FRESH_SOURCE_DAYS } from '../../../../adapters/aws/artifacts/retention.ts';

/** A bucket whose every object was put so many days ago. */
function bucketOf(days: number) {
  const LastModified = new Date(Date.now() - days * 86_400_000);
  const client = {
    async send(command: unknown) {
      if (!(command instanceof HeadObjectCommand)) throw new Error('only asked whether it is there');
      return { LastModified };
    },
  };
  return s3Artifacts(client as unknown as S3Client, 'bucket');
}

it.each([
  ['an archive of today', 'sources/acme/infra/abc.tar.gz', FRESH_SOURCE_DAYS - 0.1, true],
  [
    'an archive that may go while a run needs it',
    'sources/acme/infra/abc.tar.gz',
    FRESH_SOURCE_DAYS + 0.1,
    false,
  ],
  ['anything else, however old', 'outputs/acme/infra/prod/network.json', 400, true],
])('%s is there or not', async (_, key, days, expected) => {
  const there = await bucketOf(days).has(key);

  expect(there).toBe(expected);
});
