import { readFileSync } from 'node:fs';
import path from 'node:path';
import { isPair, isScalar, visit } from 'yaml';
import { openYaml, toPlain } from '../../core/config/config.ts';
import { type Found, problemsOf, where } from '../../core/config/problems.ts';
import { EPHEMERAL } from '../../core/ephemeral/name.ts';
import { InvalidConfig } from '../../core/errors.ts';
import { STANDARD_SIZE } from '../../core/jobs/names.ts';
import type { ActionsCommand } from '../../core/requests/actions-detail.ts';
import { infraProblems, infraWarnings } from './checks.ts';
import type { EnvironmentConfig, InfraConfig, Size } from './config.ts';
import { type InfraConfigFile, infraConfig } from './schema.ts';

export const INFRA_FILE = 'cairn.infra.yaml';

/** Throws InvalidConfig with every problem of the file, each with its place and what to do. */
export function loadInfraConfig(file = INFRA_FILE): InfraConfig {
  return parseInfraConfig(read(file), path.basename(file));
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const message = `${file}: cannot be read (${(error as Error).message}); write it as docs/configuration-infra.md says, or name another with CAIRN_INFRA=FILE or \`-c config=FILE\``;
    throw new InvalidConfig([message], { cause: error });
  }
}

export function parseInfraConfig(text: string, file = INFRA_FILE): InfraConfig {
  const found: Found = { ...openYaml(text, file), schema: infraConfig };
  keepNamesAsWritten(found);
  const parsed = infraConfig.safeParse(toPlain(found) ?? {}, { reportInput: true });
  if (!parsed.success) throw new InvalidConfig(problemsOf(parsed.error.issues, found));

  const config = fillIn(parsed.data, file);
  const at = (keys: (string | number)[]) => where(found, keys);
  const problems = infraProblems(config, parsed.data, at);
  if (problems.length > 0) throw new InvalidConfig(problems);
  return { ...config, warnings: infraWarnings(config, at) };
}

/** What is counted; every other number is a name that is made of digits: an account, an App, a version. */
const COUNTS = new Set(['cpu', 'memory', 'disk', 'plans', 'logs']);

/** `012345678901` is an account to who writes it, and a smaller number to YAML. */
function keepNamesAsWritten({ document }: Found): void {
  visit(document, {
    Scalar(key, node, above) {
      if (key === 'key' || typeof node.value !== 'number' || typeof node.source !== 'string') return;
      const parent = above.at(-1);
      if (isPair(parent) && isScalar(parent.key) && COUNTS.has(String(parent.key.value))) return;
      node.value = node.source;
    },
  });
}

function fillIn(raw: InfraConfigFile, file: string): InfraConfig {
  const account = raw.account ?? null;
  return {
    file,
    account,
    region: raw.region,
    github: { appId: raw.github.app_id, url: raw.github.url ?? 'https://api.github.com' },
    slack: raw.slack ?? false,
    repositories: Object.entries(raw.repositories).map(([name, repository]) => ({
      name,
      environments: Object.entries(repository.environments).map(([environment, rest]) =>
        environmentOf(name, environment, rest, account),
      ),
      // Never Cairn's own account, so that is no default.
      ephemeral: repository.ephemeral ? environmentOf(name, EPHEMERAL, repository.ephemeral, null) : null,
      actions: repository.actions
        ? { branches: repository.actions.branches, commands: repository.actions.commands ?? ACTIONS_MAY }
        : null,
    })),
    binaries: [
      ...(raw.terraform ?? []).map((version) => ({ name: 'terraform' as const, version })),
      ...(raw.opentofu ?? []).map((version) => ({ name: 'tofu' as const, version })),
    ],
    providerMirror: raw.provider_mirror ?? {},
    architecture: raw.architecture ?? 'arm64',
    sizes: sizesOf(raw.sizes ?? {}),
    network: raw.network
      ? {
          vpc: raw.network.vpc,
          subnets: raw.network.subnets,
          securityGroups: raw.network.security_groups ?? [],
          publicIp: raw.network.public_ip ?? false,
        }
      : null,
    retention: { plans: raw.retention?.plans ?? 7, logs: raw.retention?.logs ?? 90 },
    tags: raw.tags ?? {},
    permissionBoundary: raw.permission_boundary ?? null,
    alarmTopic: raw.alarm_topic ?? null,
    actionsProvider: raw.actions_provider ?? null,
    dashboard: raw.dashboard ?? false,
    warnings: [],
  };
}

/** What puts nothing at risk that an approval does not stand before. */
const ACTIONS_MAY: ActionsCommand[] = ['plan', 'deploy', 'ephemeral', 'extend', 'destroy'];

type RawEnvironment = InfraConfigFile['repositories'][string]['environments'][string];

function environmentOf(
  repository: string,
  name: string,
  raw: RawEnvironment,
  own: string | null,
): EnvironmentConfig {
  const plan = raw.secrets?.plan ?? [];
  return {
    name,
    account: raw.account ?? accountOf(raw.plan_role ?? raw.apply_role) ?? own,
    planRole: raw.plan_role ?? null,
    applyRole: raw.apply_role ?? null,
    externalId: raw.external_id ?? `cairn:${repository}:${name}`,
    size: raw.size ?? STANDARD_SIZE,
    build: raw.build ?? false,
    pushTo: raw.push_to ?? [],
    secrets: {
      plan,
      apply: [...new Set([...plan, ...(raw.secrets?.apply ?? [])])],
      keys: raw.secrets?.keys ?? [],
    },
  };
}

function sizesOf(given: NonNullable<InfraConfigFile['sizes']>): Record<string, Size> {
  const standard = { cpu: 1 as const, memory: 2048 };
  return Object.fromEntries(
    Object.entries({ [STANDARD_SIZE]: standard, ...given }).map(([name, size]) => [
      name,
      { disk: 21, ...size },
    ]),
  );
}

/** Of an ARN. */
function accountOf(arn: string | undefined): string | null {
  return arn?.split(':')[4] ?? null;
}
