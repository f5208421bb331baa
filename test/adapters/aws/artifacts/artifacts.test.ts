import { createServer, request as send } from 'node:http';
import { CreateBucketCommand, GetObjectTaggingCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { s3Artifacts } from '../../../../adapters/aws/artifacts/artifacts.ts';
import { type AwsClients, awsClients } from '../../../../adapters/aws/clients/clients.ts';
import { InvalidInput, Misconfigured, Unavailable } from '../../../../core/errors.ts';
import { CREDENTIALS, type Moto, NO_MOTO, REGION, startMoto } from '../../../support/aws/moto.ts';
import { startStub } from '../../../support/aws/stub.ts';
import { listen } from '../../../support/http.ts';

Object.assign(process.env, CREDENTIALS);

const BUCKET = 'cairn-artifacts-123456789012-eu-west-1';

describe.skipIf(NO_MOTO)(`artifacts on moto${NO_MOTO ? ` (skipped: ${NO_MOTO})` : ''}`, () => {
  let moto: Moto;
  let clients: AwsClients;
  const calls: string[] = [];

  beforeAll(async () => {
    // Keys on a page; AWS has 1000.
    process.env['MOTO_S3_DEFAULT_MAX_KEYS'] = '10';
    moto = await startMoto();
    delete process.env['MOTO_S3_DEFAULT_MAX_KEYS'];
    clients = awsClients({ endpoint: moto.endpoint, watch: (_, operation) => calls.push(operation) });
    await clients.s3.send(
      new CreateBucketCommand({ Bucket: BUCKET, CreateBucketConfiguration: { LocationConstraint: REGION } }),
    );
  });
  afterAll(() => moto.close());

  test('plan files carry the tag that expires them, written either way; nothing else does', async () => {
    const artifacts = s3Artifacts(clients.s3, BUCKET);
    const job = 'jobs/acme/shop/prod/deploy-plan/run/plan-1-app';

    await artifacts.putNew(`${job}/out/plan.tfplan`, 'secret');
    await artifacts.put(`${job}/out/plan.work.tar.gz`, 'secret');
    await artifacts.putNew(`${job}/out/changes.json`, '{}');
    await artifacts.put('sources/acme/shop/c.tar.gz', '');

    const plan = [{ Key: 'cairn', Value: 'plan' }];
    expect(await tagsOf(`${job}/out/plan.tfplan`)).toEqual(plan);
    expect(await tagsOf(`${job}/out/plan.work.tar.gz`)).toEqual(plan);
    expect(await tagsOf(`${job}/out/changes.json`)).toEqual([]);
    expect(await tagsOf('sources/acme/shop/c.tar.gz')).toEqual([]);
  });

  async function tagsOf(Key: string) {
    return (await clients.s3.send(new GetObjectTaggingCommand({ Bucket: BUCKET, Key }))).TagSet;
  }

  test('more keys than one page has are listed, by bytes', async () => {
    const artifacts = s3Artifacts(clients.s3, BUCKET);
    const keys = Array.from({ length: 25 }, (_, n) => `many/${String(n).padStart(4, '0')}`);
    await Promise.all(keys.map((key) => artifacts.put(key, '')));
    await Promise.all(['order/ﬀ', 'order/🗿', 'order/z'].map((key) => artifacts.put(key, '')));

    calls.length = 0;

    expect(await artifacts.list('many/')).toEqual(keys);
    expect(calls).toEqual(['ListObjectsV2', 'ListObjectsV2', 'ListObjectsV2']);
    expect(await artifacts.list('order/')).toEqual(['order/z', 'order/ﬀ', 'order/🗿']);
  });

  test('of a claim whose answer was lost, its writer knows that it holds it, and nobody else', async () => {
    const lossy = await startLossy(moto.endpoint);
    const writer = s3Artifacts(awsClients({ endpoint: lossy.endpoint }).s3, BUCKET);

    lossy.loseNext();
    const mine = await writer.putNew('claims/lost', 'mine');
    lossy.loseNext();
    const taken = await writer.putNew('claims/lost', 'mine');
    await lossy.close();

    expect([mine, taken]).toEqual([true, false]);
    expect(lossy.lost()).toBe(2);
  });

  test('a bucket that is not there is the operator’s to mend', async () => {
    const artifacts = s3Artifacts(clients.s3, 'cairn-none');

    await expect(artifacts.get('a')).rejects.toBeInstanceOf(Misconfigured);
    await expect(artifacts.putNew('a', '')).rejects.toBeInstanceOf(Misconfigured);
    await expect(artifacts.list('a')).rejects.toBeInstanceOf(Misconfigured);
  });
});

describe('artifacts of a bucket that does not do as it should', () => {
  test('a key that a folder could not hold is refused before anything is asked', async () => {
    const stub = await startStub(() => 'cut');
    const artifacts = s3Artifacts(awsClients({ endpoint: stub.endpoint }).s3, BUCKET);

    for (const key of ['', '/a', 'a//b', '../a', 'a/./b', 'x'.repeat(901)]) {
      await expect(artifacts.get(key)).rejects.toBeInstanceOf(InvalidInput);
      await expect(artifacts.put(key, '')).rejects.toBeInstanceOf(InvalidInput);
      await expect(artifacts.putNew(key, '')).rejects.toBeInstanceOf(InvalidInput);
      await expect(artifacts.has(key)).rejects.toBeInstanceOf(InvalidInput);
    }
    expect(stub.asked).toEqual([]);
    await stub.close();
  });

  test('one that does not answer is Unavailable, never an absent key', async () => {
    const stub = await startStub(() => ({ status: 503, body: '' }));
    const artifacts = s3Artifacts(awsClients({ endpoint: stub.endpoint }).s3, BUCKET);

    await expect(artifacts.has('a')).rejects.toBeInstanceOf(Unavailable);
    await stub.close();
  });

  test('one that refuses says nothing of a key being there or not', async () => {
    const stub = await startStub(() => ({ status: 403, body: '' }));
    const artifacts = s3Artifacts(awsClients({ endpoint: stub.endpoint }).s3, BUCKET);

    await expect(artifacts.has('a')).rejects.toBeInstanceOf(Misconfigured);
    await stub.close();
  });

  test('two that write one key at once: who is told to try again does', async () => {
    let calls = 0;
    const server = createServer((request, response) => {
      request.resume();
      calls++;
      if (calls > 2) return void response.writeHead(200).end();
      response.writeHead(409, { 'content-type': 'application/xml' });
      response.end('<Error><Code>ConditionalRequestConflict</Code><Message>try again</Message></Error>');
    });
    const { url: endpoint, close } = await listen(server);
    const artifacts = s3Artifacts(awsClients({ endpoint }).s3, BUCKET);

    expect(await artifacts.putNew('a', 'b')).toBe(true);
    expect(calls).toBe(3);
    await close();
  });
});

/** A way to `target` on which an answer gets lost when it is told so. */
async function startLossy(target: string) {
  let losing = false;
  let lost = 0;
  const server = createServer((request, response) => {
    const { method, url, headers } = request;
    const onward = send(new URL(url ?? '/', target), { method: method ?? 'GET', headers }, (answer) => {
      if (losing) {
        losing = false;
        lost++;
        answer.resume();
        answer.on('end', () => request.socket.destroy());
        return;
      }
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onward);
  });
  const { url: endpoint, close } = await listen(server);
  return {
    endpoint,
    close,
    loseNext() {
      losing = true;
    },
    lost: () => lost,
  };
}
