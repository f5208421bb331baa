import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { Outcome, SmokeCheck, SmokeEnvironment } from './smoke-check.ts';
import { s3Client } from './store.ts';

/** No project is called so, and nothing that is there is written over. */
const PROJECT = 'cairn-smoke-test';

const ROLES =
  'Deploy Cairn again: the role of this job is not as the stacks make it. Is there a policy, a boundary or a bucket policy of your own?';

/** What S3 said. */
type Answer = 'done' | 'denied' | 'missing' | 'there';

interface Buckets {
  put(key: string, once?: boolean): Promise<Answer>;
  get(key: string): Promise<Answer>;
  remove(key: string): Promise<Answer>;
  /** All of it without a prefix. */
  list(prefix?: string): Promise<Answer>;
}

/** The job's role, against both buckets: what it must be able to do, and what it must not. */
export function storeChecks(env: SmokeEnvironment): SmokeCheck[] {
  const client = s3Client(env.AWS_REGION);
  const artifacts = bucket(client, env.CAIRN_ARTIFACTS);
  return [...artifactChecks(env, artifacts), ...stateChecks(env, bucket(client, env.CAIRN_STATES))];
}

function artifactChecks(env: SmokeEnvironment, artifacts: Buckets): SmokeCheck[] {
  const { id, repository, environment } = env.CAIRN_SMOKE;
  const stage = env.CAIRN_STAGE;
  const job = `jobs/${repository}/${environment}/${stage}/${id}/smoke-1`;
  const own = `${job}/out/smoke.json`;
  const other = stage === 'apply' ? 'deploy-plan' : 'apply';
  const source = `sources/${repository}/${'0'.repeat(40)}.tar.gz`;
  return [
    check('artifacts: writes its own', () => artifacts.put(own, true), 'done', 'and the key of KMS is its'),
    check('artifacts: reads its own', () => artifacts.get(own), 'done', 'decrypted'),
    check('artifacts: not twice', () => artifacts.put(own, true), 'there', 'what is there stays'),
    denied('artifacts: not over it', () => artifacts.put(own)),
    denied('artifacts: no order for itself', () => artifacts.put(`${job}/order.json`, true)),
    denied('artifacts: not as another stage', () =>
      artifacts.put(`jobs/${repository}/${environment}/${other}/${id}/smoke-1/out/smoke.json`, true),
    ),
    denied('artifacts: not of another environment', () =>
      artifacts.put(`jobs/${repository}/${environment}-other/${stage}/${id}/smoke-1/out/smoke.json`, true),
    ),
    denied('artifacts: no list', () => artifacts.list('jobs/')),
    // Without the permission to list, S3 says of what is missing what it says of what is forbidden.
    check('artifacts: no source that is not there', () => artifacts.get(source), 'denied', 'as it should be'),
    denied('artifacts: no source of others', () => artifacts.get(`sources/${repository}-other/x.tar.gz`)),
  ];
}

function stateChecks(env: SmokeEnvironment, states: Buckets): SmokeCheck[] {
  const { repository, environment } = env.CAIRN_SMOKE;
  const key = (place: string) => `${repository}/${place}/${PROJECT}/terraform.tfstate`;
  const own = key(environment);
  const foreign = key(`${environment}-other`);
  const lock = `${own}.tflock`;
  switch (env.CAIRN_STAGE) {
    case 'pr-plan':
      return [
        check(
          'states: finds',
          () => states.list(`${repository}/${environment}/`),
          'done',
          'those of its own',
        ),
        denied('states: no lock', () => states.put(lock, true)),
        denied('states: no writing', () => states.put(own, true)),
        // Whether it could read one cannot be seen: of what is not there it may not even know that.
        denied('states: no names of others', () => states.list()),
      ];
    case 'deploy-plan':
      return [
        check('states: reads', () => states.get(own), 'missing', 'there is none, and it may know'),
        lockCheck(states, lock),
        // It may write one: a workspace that is new, a state that could not be written before.
        denied('states: no removing', () => states.remove(own)),
        denied('states: not of another environment', () => states.get(foreign)),
      ];
    case 'apply':
      return [
        lockCheck(states, lock),
        writeAndRemove('states: writes', states, own),
        denied('states: not of another environment', () => states.put(foreign, true)),
      ];
    case 'verify':
    case 'build':
      return [
        denied('states: no reading', () => states.get(own)),
        denied('states: no writing', () => states.put(own, true)),
      ];
  }
}

function lockCheck(states: Buckets, lock: string): SmokeCheck {
  return writeAndRemove('states: locks', states, lock);
}

function writeAndRemove(name: string, states: Buckets, key: string): SmokeCheck {
  return {
    name,
    help: ROLES,
    async run() {
      const written = await states.put(key, true);
      const read = await states.get(key);
      // One that a smoke test before this one could not take away goes now.
      const removed = await states.remove(key);
      const all = [written, read, removed];
      return all.every((answer) => answer === 'done' || answer === 'there')
        ? 'written once, read, removed'
        : { status: 'fail', message: `${key}: writing ${written}, reading ${read}, removing ${removed}` };
    },
  };
}

function check(name: string, ask: () => Promise<Answer>, wanted: Answer, note: string): SmokeCheck {
  return {
    name,
    help: ROLES,
    async run(): Promise<Outcome> {
      const answer = await ask();
      if (answer === wanted) return `${answer}, ${note}`;
      return { status: 'fail', message: `S3 answered "${answer}" and not "${wanted}"` };
    },
  };
}

function denied(name: string, ask: () => Promise<Answer>): SmokeCheck {
  return {
    name,
    help: 'This role may do more than it should. Look for a policy of your own that is attached to it or to the bucket, then deploy Cairn again.',
    async run() {
      const answer = await ask();
      return answer === 'denied'
        ? 'denied, as it should be'
        : { status: 'fail', message: `S3 answered "${answer}": it was not denied` };
    },
  };
}

function bucket(client: S3Client, Bucket: string): Buckets {
  return {
    put: (Key, once = false) =>
      answerOf(
        client.send(new PutObjectCommand({ Bucket, Key, Body: '{}', ...(once ? { IfNoneMatch: '*' } : {}) })),
      ),
    async get(Key) {
      return answerOf(
        client.send(new GetObjectCommand({ Bucket, Key })).then(({ Body }) => Body?.transformToByteArray()),
      );
    },
    remove: (Key) => answerOf(client.send(new DeleteObjectCommand({ Bucket, Key }))),
    list: (Prefix) =>
      answerOf(client.send(new ListObjectsV2Command({ Bucket, ...(Prefix ? { Prefix } : {}), MaxKeys: 1 }))),
  };
}

async function answerOf(call: Promise<unknown>): Promise<Answer> {
  try {
    await call;
    return 'done';
  } catch (error) {
    const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
    if (status === 403) return 'denied';
    if (status === 404) return 'missing';
    if (status === 412) return 'there';
    throw error;
  }
}
