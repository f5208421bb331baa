import { writeFileSync } from 'node:fs';

/** Where ECS and CodeBuild answer with the credentials of the job's role. */
const CONTAINER_CREDENTIALS = 'http://169.254.170.2';

/** Profile of the job's own role, for the states that Cairn keeps. */
const STATE_PROFILE = 'cairn-state';

/** Variables that lead terraform, and the process of STATE_PROFILE, to the credentials of the job's role. */
const PASSED = [
  'AWS_REGION',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
] as const;

interface Identity {
  region: string;
  targetRole: string | undefined;
  externalId: string | undefined;
  runId: string;
  /** Command that answers as `printCredentials` does, for STATE_PROFILE. */
  credentialProcess: string;
  emulator: boolean;
}

/**
 * AWS as terraform and the job's commands see it. The SDKs assume the target role themselves and again when
 * its session ends (role chaining ends after one hour); profiles carry no session tags, so the run's id is the
 * session's name: it shows in the account's CloudTrail.
 */
export function awsConfig({ region, targetRole, externalId, runId, credentialProcess }: Identity): string {
  const target = targetRole
    ? [
        '[default]',
        `role_arn = ${targetRole}`,
        'credential_source = EcsContainer',
        ...(externalId ? [`external_id = ${externalId}`] : []),
        `role_session_name = ${sessionName(runId)}`,
        `region = ${region}`,
        '',
      ]
    : [];
  const state = [
    `[profile ${STATE_PROFILE}]`,
    `credential_process = ${credentialProcess}`,
    `region = ${region}`,
    '',
  ];
  return [...target, ...state].join('\n');
}

/** What IAM takes: 2 to 64 of these characters. */
export function sessionName(runId: string): string {
  return `cairn-${runId}`.replace(/[^\w+=,.@-]/g, '-').slice(0, 64);
}

export interface Laid {
  /** For terraform and the job's commands. */
  variables: Record<string, string>;
  /** Profile of the job's own role; null where an emulator's keys stand in the environment. */
  profile: string | null;
}

/** Writes the configuration to `path` and answers what belongs to it. */
export function layCredentials(path: string, identity: Identity, host: NodeJS.ProcessEnv): Laid {
  const all = Object.keys(host).filter((name) => name.startsWith('AWS_'));
  const passed = pick(host, identity.emulator ? all : PASSED);
  if (identity.emulator && host['AWS_ACCESS_KEY_ID']) return { variables: passed, profile: null };
  writeFileSync(path, awsConfig(identity), { mode: 0o600 });
  return { variables: { ...passed, AWS_CONFIG_FILE: path }, profile: STATE_PROFILE };
}

function pick(from: NodeJS.ProcessEnv, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (from[name] === undefined ? [] : [[name, from[name]]])));
}

/** `credential_process` of an AWS profile: the credentials of the job's role as JSON, with their end. */
export async function printCredentials(env: NodeJS.ProcessEnv): Promise<string> {
  const relative = env['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'];
  const url = relative ? `${CONTAINER_CREDENTIALS}${relative}` : env['AWS_CONTAINER_CREDENTIALS_FULL_URI'];
  if (!url) throw new Error('Neither ECS nor CodeBuild says where the credentials of the job are.');
  const authorization = env['AWS_CONTAINER_AUTHORIZATION_TOKEN'];
  const answer = await fetch(url, {
    signal: AbortSignal.timeout(10_000),
    ...(authorization ? { headers: { authorization } } : {}),
  });
  if (!answer.ok) throw new Error(`The credentials of the job: ${url} answered ${answer.status}.`);
  const { AccessKeyId, SecretAccessKey, Token, Expiration } = (await answer.json()) as Record<string, string>;
  return JSON.stringify({ Version: 1, AccessKeyId, SecretAccessKey, SessionToken: Token, Expiration });
}
