import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { mirrorOf } from './binaries.ts';
import { sessionName } from './credentials.ts';
import type { SmokeCheck, SmokeEnvironment } from './smoke-check.ts';

const REGISTRY_S = 15;

/** What is outside: the internet, and the account that is deployed into. */
export function reachChecks(env: SmokeEnvironment): SmokeCheck[] {
  return [
    registry(env),
    identity(env),
    ...(env.CAIRN_TARGET_ROLE === undefined
      ? [noTarget(env)]
      : [target(env, env.CAIRN_TARGET_ROLE), withoutExternalId(env, env.CAIRN_TARGET_ROLE)]),
  ];
}

function registry({ CAIRN_SMOKE_REGISTRY: url }: SmokeEnvironment): SmokeCheck {
  // With providers in the image, jobs that use no others need no way to the registry.
  const mirror = mirrorOf(process.env['CAIRN_PROVIDER_MIRROR']);
  return {
    name: 'registry',
    help: 'Jobs have no way out: look at the route table and the security groups of their subnets, at `public_ip` of `network` in cairn.infra.yaml, and at a firewall. Or bake providers into the image: `provider_mirror`.',
    async run() {
      const { host } = new URL(url);
      try {
        const answer = await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(REGISTRY_S * 1000) });
        if (answer.status < 500) return `${host} answers ${answer.status}`;
        return { status: 'warn', message: `${host} answers ${answer.status}` };
      } catch (error) {
        const cause = (error as Error).cause ?? error;
        const message = `${host} is not reached: ${(cause as Error).message}`;
        return { status: mirror ? 'warn' : 'fail', message };
      }
    },
  };
}

function identity(env: SmokeEnvironment): SmokeCheck {
  return {
    name: 'role',
    help: 'Deploy Cairn again: the job definition names no role, or one that tasks may not take.',
    async run() {
      const { Arn = '' } = await sts(env).send(new GetCallerIdentityCommand({}));
      return Arn;
    },
  };
}

function noTarget({ CAIRN_STAGE }: SmokeEnvironment): SmokeCheck {
  return {
    name: 'target role',
    help: 'Without plan_role and apply_role in cairn.infra.yaml, terraform works as the role of the job, which may do nothing in the account. `cairn target-role` prints roles.',
    run: async () =>
      CAIRN_STAGE === 'verify' || CAIRN_STAGE === 'build'
        ? 'none, and none is wanted'
        : { status: 'warn', message: 'none is named' },
  };
}

function target(env: SmokeEnvironment, RoleArn: string): SmokeCheck {
  const { environment } = env.CAIRN_SMOKE;
  return {
    name: 'target role',
    help: `Make it as \`cairn target-role --account ${RoleArn.split(':')[4]} --environment ${environment}\` prints it: it has to trust this job's role, with this external id, and this role must be let out of its account by your organization's policies.`,
    async run() {
      const answer = await sts(env).send(
        new AssumeRoleCommand({
          RoleArn,
          RoleSessionName: sessionName(env.CAIRN_SMOKE.id),
          DurationSeconds: 900,
          ...(env.CAIRN_EXTERNAL_ID === undefined ? {} : { ExternalId: env.CAIRN_EXTERNAL_ID }),
        }),
      );
      const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = answer.Credentials ?? {};
      const credentials = {
        accessKeyId: AccessKeyId,
        secretAccessKey: SecretAccessKey,
        sessionToken: SessionToken,
      };
      const { Arn = '', Account } = await sts(env, credentials).send(new GetCallerIdentityCommand({}));
      const wanted = RoleArn.split(':')[4];
      return Account === wanted
        ? Arn
        : { status: 'fail', message: `${Arn} is in account ${Account}, not in ${wanted}` };
    },
  };
}

/** Who has the name of the role alone must not get in. */
function withoutExternalId(env: SmokeEnvironment, RoleArn: string): SmokeCheck {
  return {
    name: 'target role: external id',
    help: 'Add the condition sts:ExternalId to its trust policy, as `cairn target-role` prints it.',
    async run() {
      try {
        await sts(env).send(
          new AssumeRoleCommand({
            RoleArn,
            RoleSessionName: sessionName(env.CAIRN_SMOKE.id),
            DurationSeconds: 900,
          }),
        );
      } catch (error) {
        const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
        if (status === 403) return 'it is asked for';
        throw error;
      }
      return { status: 'warn', message: 'the role can be assumed without one' };
    },
  };
}

function sts(
  { AWS_REGION: region }: SmokeEnvironment,
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken: string },
): STSClient {
  const endpoint = process.env['AWS_ENDPOINT_URL'];
  return new STSClient({
    region,
    maxAttempts: 3,
    ...(endpoint ? { endpoint } : {}),
    ...(credentials ? { credentials } : {}),
  });
}
