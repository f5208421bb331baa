import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { EPHEMERAL, isEphemeral } from '../../core/ephemeral/name.ts';
import { environmentName, repositoryName } from '../../core/requests/request.ts';
import type { InfraConfig } from '../../infra/config/config.ts';
import { INFRA_FILE, loadInfraConfig } from '../../infra/config/load-config.ts';
import { placed } from '../../infra/config/placed.ts';
import { type TargetRole, targetRoles } from '../../infra/target-role/documents.ts';
import { FORMATS, formatRoles } from '../../infra/target-role/formats.ts';
import { CliError, EXIT, type Finish } from '../exit.ts';
import type { Io } from '../io.ts';

interface TargetRoleFlags {
  account?: string;
  repository?: string;
  environment?: string;
  stage?: string;
  format?: string;
  config?: string;
  cairnAccount?: string;
  externalId?: string;
  stateBucket?: string[];
  planPolicy?: string[];
  applyPolicy?: string[];
  permissionBoundary?: string;
  sessionHours?: string;
}

interface Place {
  repository: string;
  environment: string;
  externalId: string;
}

export function addTargetRoleCommand(program: Command, io: Io, finish: Finish): void {
  program
    .command('target-role')
    .description('the roles that jobs assume in an account that is deployed into')
    .requiredOption('--account <id>', 'the account that is deployed into')
    .option('--repository <owner/name>', `only of this repository; without ${INFRA_FILE} it is needed`)
    .option(
      '--environment <name>',
      `only of this environment (${EPHEMERAL}: all ephemeral ones); without ${INFRA_FILE} it is needed`,
    )
    .option('--stage <stage>', 'only plan, or only apply')
    .option('--format <format>', `${FORMATS.join(', ')} (json)`)
    .option('--config <file>', `the operator's configuration (CAIRN_INFRA; ${INFRA_FILE})`)
    .option('--cairn-account <id>', 'account of Cairn itself; else that of the configuration')
    .option('--external-id <id>', 'else that of the configuration, or made of repository and environment')
    .option('--state-bucket <bucket...>', 'of projects that keep their state in the account themselves')
    .option('--plan-policy <arn...>', 'what plans may do (ReadOnlyAccess)')
    .option('--apply-policy <arn...>', 'what deployments may do: your choice, nothing without it')
    .option('--permission-boundary <arn>', 'policy that bounds both roles')
    .option('--session-hours <hours>', 'longest session, 1 to 12 (1)')
    .action((flags: TargetRoleFlags) => finish(targetRole(flags, io)));
}

/** `cairn target-role`: prints the roles and changes nothing. */
function targetRole(flags: TargetRoleFlags, io: Io): number {
  const account = accountNumber('--account', flags.account);
  const format = choice('--format', flags.format ?? 'json', FORMATS);
  const stage = flags.stage === undefined ? null : choice('--stage', flags.stage, ['plan', 'apply'] as const);
  const config = readConfig(flags, io);
  const cairnAccount = accountNumber('--cairn-account', flags.cairnAccount ?? config?.account ?? undefined);

  const all = wantedPlaces(flags, config, account, cairnAccount).flatMap((place) => {
    const roles = targetRoles({
      ...place,
      account,
      cairnAccount,
      stateBuckets: flags.stateBucket ?? [],
      applyPolicies: flags.applyPolicy ?? [],
      ...(flags.planPolicy ? { planPolicies: flags.planPolicy } : {}),
      permissionBoundary: flags.permissionBoundary ?? null,
      sessionSeconds: sessionSeconds(flags.sessionHours),
    });
    return [roles.plan, roles.apply].filter(({ kind }) => stage === null || kind === stage);
  });
  io.out(formatRoles(all, format));
  sayNext(all, flags, io);
  return EXIT.ok;
}

function sayNext(roles: TargetRole[], flags: TargetRoleFlags, io: Io): void {
  io.err(`For ${INFRA_FILE}:\n`);
  for (const { kind, arn } of roles) io.err(`  ${kind}_role: ${arn}\n`);
  if (roles.some(({ kind }) => kind === 'apply') && !flags.applyPolicy) {
    io.err(
      'The apply role may do nothing yet: name what deployments need with --apply-policy ARN, as narrow as the environment allows.\n',
    );
  }
}

function readConfig(flags: TargetRoleFlags, io: Io): InfraConfig | null {
  const named = flags.config || io.env['CAIRN_INFRA'];
  const file = path.resolve(io.cwd, named || INFRA_FILE);
  // One that is named has to be there; one that is not is only looked for.
  return named || existsSync(file) ? loadInfraConfig(file) : null;
}

function wantedPlaces(
  flags: TargetRoleFlags,
  config: InfraConfig | null,
  account: string,
  cairnAccount: string,
): Place[] {
  const { repository, environment, externalId } = flags;
  if (environment !== undefined && isEphemeral(environment)) {
    throw new CliError(
      EXIT.usage,
      `All ephemeral environments of a repository have the same roles: --environment ${EPHEMERAL}.`,
    );
  }
  const known = placed(config ?? { repositories: [] })
    .filter((one) => (one.environment.account ?? cairnAccount) === account)
    .map((one) => ({
      repository: one.repository,
      environment: one.environment.name,
      externalId: externalId ?? one.environment.externalId,
    }));
  const wanted = known.filter(
    (place) =>
      (repository === undefined || place.repository.toLowerCase() === repository.toLowerCase()) &&
      (environment === undefined || place.environment === environment),
  );
  if (wanted.length > 0) return wanted;
  if (config) {
    const what = [repository, environment].filter((text) => text !== undefined).join(' ');
    const others = known.map((place) => `${place.repository} ${place.environment}`);
    throw new CliError(
      EXIT.usage,
      `${config.file}: ${what === '' ? 'no environment' : `nothing of ${what}`} deploys into ${account}. ${
        others.length === 0
          ? `Write \`account: "${account}"\` at the environment that does.`
          : `What does: ${others.join(', ')}.`
      }`,
    );
  }
  if (repository === undefined || environment === undefined) {
    throw new CliError(
      EXIT.usage,
      `There is no ${INFRA_FILE} in this folder: name --repository and --environment, or the file with --config.`,
    );
  }
  if (!repositoryName.safeParse(repository).success)
    throw new CliError(EXIT.usage, '--repository is written owner/name.');
  if (!environmentName.safeParse(environment).success)
    throw new CliError(EXIT.usage, '--environment is the name of an environment in cairn.yaml.');
  return [{ repository, environment, externalId: externalId ?? `cairn:${repository}:${environment}` }];
}

function accountNumber(flag: string, text: string | undefined): string {
  if (text === undefined)
    throw new CliError(
      EXIT.usage,
      `${flag} is missing: 12 digits. The account of Cairn itself can also stand in ${INFRA_FILE} (account:).`,
    );
  if (/^\d{12}$/.test(text)) return text;
  throw new CliError(EXIT.usage, `${flag} is an account of AWS: 12 digits, not ${JSON.stringify(text)}.`);
}

function choice<T extends string>(flag: string, text: string, choices: readonly T[]): T {
  const found = choices.find((one) => one === text);
  if (found) return found;
  throw new CliError(EXIT.usage, `${flag} is one of ${choices.join(', ')}, not ${JSON.stringify(text)}.`);
}

function sessionSeconds(hours: string | undefined): number {
  const seconds = Number(hours ?? 1) * 3600;
  if (seconds >= 3600 && seconds <= 12 * 3600) return Math.round(seconds);
  throw new CliError(EXIT.usage, '--session-hours is 1 to 12.');
}
