import { randomUUID } from 'node:crypto';
import {
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { NotFound, Unavailable } from '../../../core/errors.ts';
import { JOB_FILES } from '../../../core/jobs/files.ts';
import type { Artifacts } from '../../../core/ports.ts';
import { validKey } from '../../artifact-key.ts';
import { isAws, reach } from '../clients/errors.ts';
import { pause } from '../clients/retry.ts';
import { FRESH_SOURCE_DAYS, PLAN_TAGGING } from './retention.ts';

const PLAN_FILES = [`/out/${JOB_FILES.plan}`, `/out/${JOB_FILES.planWork}`];

/** Names the call that wrote an object, for a call whose answer was lost. */
const WRITER = 'cairn-writer';

/** Artifacts as objects of one bucket. A read sees what was written before it (S3 is consistent). */
export function s3Artifacts(client: S3Client, bucket: string): Artifacts {
  const asked = <T>(key: string, call: () => Promise<T>) => reach(`artifact ${bucket}/${key}`, call);

  /** Two that write one key at the same time: S3 lets one of them win and tells the other to try again. */
  async function settled(key: string, write: () => Promise<boolean>): Promise<boolean> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await write();
      } catch (error) {
        if (!isAws(error, 'ConditionalRequestConflict', 'OperationAborted')) throw error;
        if (!(await pause(attempt))) {
          throw new Unavailable(`Artifact ${key} is written by too many at once.`, { cause: error });
        }
      }
    }
  }

  async function create(key: string, body: Uint8Array | string): Promise<boolean> {
    const writer = randomUUID();
    const command = new PutObjectCommand({
      ...objectOf(bucket, key, body),
      IfNoneMatch: '*',
      Metadata: { [WRITER]: writer },
    });
    try {
      await asked(key, () => client.send(command));
      return true;
    } catch (error) {
      if (!isAws(error, 'PreconditionFailed')) throw error;
      // The client tried again by itself: what is there may be what its first attempt wrote. A claim that
      // nobody believes to hold would be lost.
      if ((error.$metadata.attempts ?? 1) === 1) return false;
      return (await head(key))?.Metadata?.[WRITER] === writer;
    }
  }

  async function head(key: string) {
    try {
      return await asked(key, () => client.send(new HeadObjectCommand({ Bucket: bucket, Key: key })));
    } catch (error) {
      if (isAws(error, 'NotFound', 'NoSuchKey')) return null;
      throw error;
    }
  }

  return {
    async get(key) {
      const command = new GetObjectCommand({ Bucket: bucket, Key: validKey(key) });
      try {
        return await asked(key, async () => {
          const { Body } = await client.send(command);
          return Body ? await Body.transformToByteArray() : new Uint8Array();
        });
      } catch (error) {
        if (!isAws(error, 'NoSuchKey')) throw error;
        throw new NotFound(`there is no artifact "${key}"`, { cause: error });
      }
    },
    async put(key, body) {
      const command = new PutObjectCommand(objectOf(bucket, validKey(key), body));
      await settled(key, () => asked(key, () => client.send(command)).then(() => true));
    },
    putNew: async (key, body) => settled(validKey(key), () => create(key, body)),
    async has(key) {
      const found = await head(validKey(key));
      return found !== null && !(key.startsWith('sources/') && isOld(found.LastModified));
    },
    async list(prefix) {
      const keys: string[] = [];
      let token: string | undefined;
      do {
        const command = new ListObjectsV2Command({
          Bucket: bucket,
          Prefix: prefix,
          ...(token ? { ContinuationToken: token } : {}),
        });
        const page = await asked(prefix, () => client.send(command));
        keys.push(...(page.Contents ?? []).flatMap(({ Key }) => Key ?? []));
        token = page.NextContinuationToken;
      } while (token);
      // S3 answers in this order already, emulators need not: by bytes.
      return keys.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    },
  };
}

function isOld(since: Date | undefined): boolean {
  return since !== undefined && Date.now() - since.getTime() > FRESH_SOURCE_DAYS * 86_400_000;
}

function objectOf(bucket: string, key: string, body: Uint8Array | string) {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const isPlan = PLAN_FILES.some((end) => key.endsWith(end));
  return {
    Bucket: bucket,
    Key: key,
    Body: bytes,
    ContentLength: bytes.byteLength,
    ...(isPlan ? { Tagging: PLAN_TAGGING } : {}),
  };
}
