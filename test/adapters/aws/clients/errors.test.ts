import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { afterEach, describe, expect, test } from 'vitest';
import { awsClients } from '../../../../adapters/aws/clients/clients.ts';
import { awsError, reach } from '../../../../adapters/aws/clients/errors.ts';
import { CairnError, Misconfigured, NotFound, Unavailable } from '../../../../core/errors.ts';
import { CREDENTIALS } from '../../../support/aws/moto.ts';
import { type StubAnswer, startStub } from '../../../support/aws/stub.ts';

Object.assign(process.env, CREDENTIALS);

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(ends.splice(0).map((end) => end()));
});

/** What a call becomes if AWS answers so; how often it was asked. */
async function answered(answer: StubAnswer): Promise<{ error: unknown; asked: number }> {
  const stub = await startStub(() => answer);
  ends.push(stub.close);
  const { secrets } = awsClients({ endpoint: stub.endpoint });
  const call = () => secrets.send(new GetSecretValueCommand({ SecretId: 'cairn/github' }));
  const error = await reach('secret cairn/github', call).catch((reason: unknown) => reason);
  return { error, asked: stub.asked.length };
}

const fault = (status: number, __type: string, message = 'no'): StubAnswer => ({
  status,
  body: { __type, message },
});

describe('what AWS answers, in Cairn’s words', () => {
  test.each([
    ['a defect of AWS', fault(500, 'InternalServiceError')],
    ['a service that is down', fault(503, 'ServiceUnavailable')],
    ['a connection that is cut', 'cut' as const],
  ])('%s is Unavailable, after five attempts', async (_, answer) => {
    const { error, asked } = await answered(answer);

    expect(error).toBeInstanceOf(Unavailable);
    expect((error as Error).message).toContain('secret cairn/github');
    expect(asked).toBe(5);
  });

  test('a refusal is the operator’s to mend, and says of what', async () => {
    const message =
      'User: arn:aws:sts::123456789012:assumed-role/x is not authorized to perform: secretsmanager:GetSecretValue on resource: cairn/github';
    const { error, asked } = await answered(fault(400, 'AccessDeniedException', message));

    expect(error).toBeInstanceOf(Misconfigured);
    expect((error as CairnError).fault).toBe('operator');
    expect((error as Error).message).toContain('perform: secretsmanager:GetSecretValue on resource');
    expect(asked).toBe(1);
  });

  test('nobody there is Unavailable', async () => {
    const stub = await startStub(() => 'cut');
    await stub.close();
    const { secrets } = awsClients({ endpoint: stub.endpoint });

    const error = await reach('secret x', () =>
      secrets.send(new GetSecretValueCommand({ SecretId: 'x' })),
    ).catch((reason: unknown) => reason);

    expect(error).toBeInstanceOf(Unavailable);
  });

  test('an answer that the caller knows stays what it is', async () => {
    const { error } = await answered(fault(400, 'ResourceNotFoundException'));

    expect(error).not.toBeInstanceOf(CairnError);
    expect(error).toHaveProperty('name', 'ResourceNotFoundException');
    const own = new NotFound('there is none');
    expect(awsError('x', own)).toBe(own);
  });

  test('what is busy passes, and credentials that were renewed meanwhile; none at all do not', () => {
    const named = (name: string) => Object.assign(new Error('no'), { name });

    expect(awsError('x', named('ExpiredTokenException'))).toBeInstanceOf(Unavailable);
    expect(awsError('x', named('CredentialsProviderError'))).toBeInstanceOf(Misconfigured);
    for (const busy of ['TimeoutError', 'ThrottlingException', 'SlowDown', 'TooManyRequestsException']) {
      expect(awsError('x', named(busy))).toBeInstanceOf(Unavailable);
    }
    expect(awsError('x', named('TypeError'))).not.toBeInstanceOf(CairnError);
  });
});

describe('clients', () => {
  test('each is made once, with its calls watched, and gives up on what never answers', async () => {
    const stub = await startStub(() => 'hang');
    ends.push(stub.close);
    const calls: string[] = [];
    const made: unknown[] = [];
    const clients = awsClients({
      endpoint: stub.endpoint,
      watch: (service, operation) => calls.push(`${service}:${operation}`),
      onClient: (client) => made.push(client),
    });
    const { secrets } = clients;

    const sent = secrets.send(new GetSecretValueCommand({ SecretId: 'x' }), { requestTimeout: 50 });

    await expect(sent).rejects.toHaveProperty('name', 'TimeoutError');
    expect(clients.secrets).toBe(secrets);
    expect(made).toEqual([secrets]);
    expect(calls).toEqual(['secretsmanager:GetSecretValue']);
    const handler = secrets.config.requestHandler as unknown as {
      httpHandlerConfigs(): { requestTimeout?: number; throwOnRequestTimeout?: boolean };
    };
    const { requestTimeout, throwOnRequestTimeout } = handler.httpHandlerConfigs();
    expect([requestTimeout, throwOnRequestTimeout]).toEqual([10_000, true]);
  });
});
