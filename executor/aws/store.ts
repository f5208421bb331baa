import { setTimeout as sleep } from 'node:timers/promises';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';

/** A bucket as the job's role sees it. */
export interface Store {
  bucket: string;
  /** Null if there is none. */
  get(key: string): Promise<Buffer | null>;
  put(key: string, body: Uint8Array | string): Promise<void>;
  /** Write once: true if this call wrote it. `tag` is an object tag, `name=value`. */
  putNew(key: string, body: Uint8Array | string, tag?: string): Promise<boolean>;
  remove(key: string): Promise<void>;
  /** Newest first. */
  list(prefix: string): Promise<{ key: string; modified: Date }[]>;
}

/** S3 said no. The message says what was asked for and who can mend it. */
export class StoreRefused extends Error {}

/** S3 asks for another try when two conditional writes meet; the SDK does not try again by itself. */
const CONFLICT_TRIES = 5;

export function s3Client(region: string, endpoint = process.env['AWS_ENDPOINT_URL']): S3Client {
  return new S3Client({
    region,
    // Eight tries with the SDK's growing pauses are about half a minute.
    maxAttempts: 8,
    ...(endpoint ? { endpoint, forcePathStyle: true } : {}),
  });
}

export function openStore(client: S3Client, bucket: string): Store {
  const explain = (action: string, key: string, error: unknown): Error => {
    const { name, message } = error as Error;
    const where = `s3://${bucket}/${key}`;
    if (statusOf(error) !== 403)
      return new Error(`${action} ${where} failed: ${name}: ${message}`, { cause: error });
    return new StoreRefused(
      `${action} ${where} was refused (${name}): the job's role lacks the permission for this key, or for the key of KMS ` +
        'that the bucket is encrypted with. Roles are made from cairn.infra.yaml: deploy Cairn again after a change of it.',
      { cause: error },
    );
  };

  return {
    bucket,
    async get(Key) {
      try {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key }));
        return Body ? Buffer.from(await Body.transformToByteArray()) : Buffer.alloc(0);
      } catch (error) {
        if (statusOf(error) === 404) return null;
        throw explain('Reading', Key, error);
      }
    },
    async put(Key, Body) {
      try {
        await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
      } catch (error) {
        throw explain('Writing', Key, error);
      }
    },
    async putNew(Key, Body, Tagging) {
      for (let attempt = 1; ; attempt += 1) {
        try {
          await client.send(
            new PutObjectCommand({
              Bucket: bucket,
              Key,
              Body,
              IfNoneMatch: '*',
              ...(Tagging ? { Tagging } : {}),
            }),
          );
          return true;
        } catch (error) {
          if (statusOf(error) === 412) return false;
          if (statusOf(error) !== 409 || attempt === CONFLICT_TRIES) throw explain('Writing', Key, error);
          await sleep(200 * 2 ** attempt);
        }
      }
    },
    async remove(Key) {
      try {
        await client.send(new DeleteObjectCommand({ Bucket: bucket, Key }));
      } catch (error) {
        throw explain('Deleting', Key, error);
      }
    },
    async list(Prefix) {
      try {
        const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix }));
        return Contents.map(({ Key = '', LastModified = new Date(0) }) => ({
          key: Key,
          modified: LastModified,
        })).sort((a, b) => b.modified.getTime() - a.modified.getTime());
      } catch (error) {
        throw explain('Listing', Prefix, error);
      }
    },
  };
}

function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
}
