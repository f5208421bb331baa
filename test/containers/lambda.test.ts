import { createHmac, randomBytes } from 'node:crypto';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import type { RunDocument } from '../../core/runs/document.ts';
import type { LambdaVariables } from '../../lambdas/environment.ts';
import { buildContext } from '../../scripts/build.ts';
import { ARTIFACTS, type Cloud, createCloud } from '../executor/aws/support.ts';
import { ENVIRONMENT, variablesOf } from '../lambdas/support.ts';
import { CREDENTIALS, NO_MOTO, REGION } from '../support/aws/moto.ts';
import { LAMBDA_BASE, NO_PODMAN, openPodman, type Podman } from '../support/containers.ts';
import { type RuntimeApi, startRuntimeApi } from '../support/runtime-api.ts';

const MISSING = NO_PODMAN ?? NO_MOTO;
const IMAGE = 'localhost/cairn-lambda';
const WEBHOOK_SECRET = 'of-the-webhook-0123456789abcdef0123';

describe.skipIf(MISSING)(
  `the functions' image, by Lambda's own runtime client${MISSING ? ` (skipped: ${MISSING})` : ''}`,
  () => {
    let podman: Podman;
    let cloud: Cloud;
    const ends: (() => Promise<unknown>)[] = [];

    beforeAll(async () => {
      podman = openPodman(inject('podman'));
      cloud = await createCloud();
      const secrets = new SecretsManagerClient({
        region: REGION,
        endpoint: cloud.moto.endpoint,
        credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      });
      await secrets.send(new CreateSecretCommand({ Name: 'cairn/webhook', SecretString: WEBHOOK_SECRET }));
      secrets.destroy();
      const context = await buildContext('lambda');
      await podman.run(['build', '--build-arg', `BASE=${LAMBDA_BASE}`, '--tag', IMAGE, context]);
    });
    afterAll(() => cloud?.end());
    afterEach(async () => {
      for (const end of ends.splice(0)) await end();
    });

    /** A function's execution environment, as Lambda makes it: nothing can be written but /tmp. */
    async function start(functionName: string, command: string): Promise<RuntimeApi> {
      const api = await startRuntimeApi(functionName);
      const name = `function-${randomBytes(6).toString('hex')}`;
      const variables = Object.entries({
        ...CREDENTIALS,
        ...environment(),
        AWS_ENDPOINT_URL: cloud.moto.endpoint,
        AWS_LAMBDA_RUNTIME_API: api.address,
        AWS_LAMBDA_FUNCTION_NAME: functionName,
        AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
        AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${functionName}`,
        AWS_LAMBDA_LOG_STREAM_NAME: 'stream',
      });
      const env = variables.flatMap(([key, value]) => ['--env', `${key}=${value}`]);
      const child = podman.start([
        'run',
        '--rm',
        '--name',
        name,
        '--read-only',
        '--cap-drop=ALL',
        ...env,
        IMAGE,
        command,
      ]);
      let said = '';
      for (const stream of [child.stdout, child.stderr]) {
        stream?.on('data', (chunk) => {
          said += String(chunk);
        });
      }
      const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
      child.once('close', (code) => api.ended(`${functionName} ended with ${code}: ${said}`));
      ends.push(async () => {
        await podman.run(['rm', '--force', '--time', '0', name]).catch(() => undefined);
        await ended;
        await api.close();
      });
      return api;
    }

    function environment(): LambdaVariables {
      return { ...variablesOf(ENVIRONMENT), CAIRN_ARTIFACTS: ARTIFACTS };
    }

    /** As an HTTP API calls a function (payload 2.0). */
    function delivery(body: string, secret: string) {
      const signature = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
      return {
        version: '2.0',
        routeKey: 'POST /webhook',
        rawPath: '/webhook',
        rawQueryString: '',
        headers: {
          'content-type': 'application/json',
          'x-github-event': 'ping',
          'x-github-delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958',
          'x-hub-signature-256': signature,
        },
        requestContext: {
          http: {
            method: 'POST',
            path: '/webhook',
            protocol: 'HTTP/1.1',
            sourceIp: '127.0.0.1',
            userAgent: 'GitHub-Hookshot',
          },
          requestId: 'r',
          stage: '$default',
          timeEpoch: Date.now(),
          domainName: 'cairn.example.com',
        },
        body,
        isBase64Encoded: false,
      };
    }

    it('refuses what GitHub did not sign', async () => {
      const webhook = await start('cairn-Webhook', 'webhook.handler');

      const refused = await webhook.invoke(
        delivery('{"zen":"x"}', 'another secret, also long enough to be one'),
      );

      expect(refused).toMatchObject({ ok: true, payload: { statusCode: 401 } });
    });

    it('runs a step, again and again', async () => {
      const doc = {
        n: 4,
        runId: 'r1',
        build: { job: 'jobs/acme/shop/prod/build/r1/build-3', outputs: null },
      } as RunDocument;
      await cloud.put(ARTIFACTS, 'runs/r1/documents/0004.json', JSON.stringify(doc));
      await cloud.put(
        ARTIFACTS,
        `${doc.build?.job}/out/result.json`,
        JSON.stringify({
          version: 1,
          id: 'build-3',
          status: 'ok',
          started: false,
          outputs: { image: 'shop:1' },
        }),
      );
      const step = await start('cairn-ReviewBuild', 'step.ReviewBuild');

      const first = await step.invoke({ doc: 'runs/r1/documents/0004.json' });
      const second = await step.invoke({ doc: 'runs/r1/documents/0004.json' });

      expect(first).toEqual({ ok: true, payload: { outcome: 'next', doc: 'runs/r1/documents/0005.json' } });
      expect(second).toEqual(first);
    });

    it('hands an error on under the name that workflows catch', async () => {
      const step = await start('cairn-ReviewBuild', 'step.ReviewBuild');

      const failed = await step.invoke({ document: 'none' });

      expect(failed).toMatchObject({ ok: false, error: { errorType: 'InvalidInput' } });
    });
  },
);
