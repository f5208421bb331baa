import { isMap, isScalar, LineCounter, parseDocument, visit } from 'yaml';
import { InvalidConfig } from '../errors.ts';
import { STANDARD_SIZE } from '../projects/project.ts';
import { commandProblems, contentProblems } from './checks.ts';
import { seconds } from './parts.ts';
import { type Found, problemsOf, where } from './problems.ts';
import { configSchema, type RawConfig } from './schema.ts';
import type {
  Config,
  Drift,
  EnvironmentConfig,
  EphemeralConfig,
  ProjectConfig,
  Reference,
  Verify,
} from './types.ts';

const MAX_TEXT = 1024 * 1024;

/** Terraform commands that change nothing. */
export const READING = [
  'state list',
  'state show',
  'output',
  'show',
  'validate',
  'version',
  'providers',
  'graph',
];

/** Throws InvalidConfig with every problem of the file, each with line and column. */
export function parseConfig(text: string, file = 'cairn.yaml'): Config {
  if (text.length > MAX_TEXT)
    throw new InvalidConfig([`${file}: is larger than 1 MiB; split the repository`]);
  const found = openYaml(text, file);
  keepNumbersAsWritten(found.document);
  const parsed = configSchema.safeParse(toPlain(found) ?? {}, { reportInput: true });
  if (!parsed.success) throw new InvalidConfig(problemsOf(parsed.error.issues, found));

  const config = fillIn(parsed.data, file, (path) => where(found, path));
  const problems = [
    ...contentProblems(config),
    ...commandProblems(config, (index) => where(found, ['commands', 'allow', index])),
  ];
  if (problems.length > 0) throw new InvalidConfig(problems);
  return config;
}

/** Every root a project of one environment, named after the default branch; nothing is applied unasked. */
export function defaultConfig(defaultBranch: string): Config {
  const name = defaultBranch
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .slice(0, 50)
    .replace(/^[._-]+|[._-]+$/g, '');
  return fillIn(
    { environments: { [name || 'default']: { branch: defaultBranch } } },
    null,
    () => 'cairn.yaml',
  );
}

/** Throws InvalidConfig if it is not YAML. */
export function openYaml(text: string, file: string): Found {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const syntax = [...document.errors, ...document.warnings].map((error) => {
    const { line, col } = lines.linePos(error.pos[0]);
    return `${file}:${line}:${col}: ${error.message}`;
  });
  if (syntax.length > 0) throw new InvalidConfig(syntax);
  return { file, document, lines };
}

export function toPlain({ document, file }: Found): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    // Aliases that unfold without end, or that name nothing.
    throw new InvalidConfig([`${file}: ${error instanceof Error ? error.message : String(error)}`], {
      cause: error,
    });
  }
}

/** `version: 1.10` means "1.10" to who writes it, and 1.1 to YAML: variables keep what was written. */
function keepNumbersAsWritten(document: Found['document']): void {
  visit(document, {
    Pair(_, pair) {
      if (!isScalar(pair.key) || pair.key.value !== 'variables' || !isMap(pair.value)) return undefined;
      for (const { value } of pair.value.items) {
        if (!isScalar(value) || typeof value.value !== 'number' || typeof value.source !== 'string') continue;
        if (/^-?\d+(\.\d+)?$/.test(value.source)) value.value = value.source;
      }
      return visit.SKIP;
    },
  });
}

function fillIn(raw: RawConfig, file: string | null, at: (path: (string | number)[]) => string): Config {
  return {
    file,
    environments: Object.fromEntries(
      Object.entries(raw.environments).map(([name, environment]) => [
        name,
        environmentOf(environment, (key) => at(['environments', name, ...key])),
      ]),
    ),
    projects: (raw.projects ?? []).map((project, index) =>
      projectOf(project, (key) => at(['projects', index, ...key])),
    ),
    discover: raw.discover ?? true,
    ignore: raw.ignore ?? [],
    guards: { maxDestroy: raw.guards?.max_destroy ?? null, protected: raw.guards?.protected ?? [] },
    ephemeral: raw.ephemeral ? ephemeralOf(raw.ephemeral, (key) => at(['ephemeral', ...key])) : null,
    commands: { allow: raw.commands?.allow ?? READING },
    notifications: { slack: slackOf(raw.notifications?.slack) },
  };
}

function slackOf(raw: NonNullable<RawConfig['notifications']>['slack']): Config['notifications']['slack'] {
  return raw ? { channel: raw.channel, users: raw.users ?? {} } : null;
}

type At = (path: (string | number)[]) => string;

type RawEnvironment = RawConfig['environments'][string];
type RawEphemeral = NonNullable<RawConfig['ephemeral']>;

function environmentOf(raw: RawEnvironment, at: At): EnvironmentConfig {
  return {
    branch: raw.branch,
    rollback: raw.rollback ?? 'manual',
    removed: raw.removed ?? 'report',
    whileFrozen: raw.while_frozen ?? 'refuse',
    drift: raw.drift ? driftOf(raw.drift) : null,
    ...commonOf(raw, true, at),
  };
}

function ephemeralOf(raw: RawEphemeral, at: At): EphemeralConfig {
  return {
    onPullRequest: raw.on_pull_request ?? false,
    ttl: seconds(raw.ttl ?? '8h'),
    maxTtl: seconds(raw.max_ttl ?? '3d'),
    allowNever: raw.allow_never ?? false,
    limit: raw.limit ?? 10,
    warn: seconds(raw.warn ?? '30m'),
    state: raw.backend_config ? { kind: 'key', config: raw.backend_config } : { kind: 'workspace' },
    reads: raw.reads ?? [],
    secrets: raw.secrets ?? [],
    outputs: raw.outputs ?? null,
    ...commonOf(raw, false, at),
  };
}

function driftOf(raw: NonNullable<RawEnvironment['drift']>): Drift {
  return {
    when:
      raw.cron === undefined
        ? { kind: 'every', seconds: seconds(raw.every ?? '1d') }
        : { kind: 'cron', cron: raw.cron, timeZone: raw.time_zone ?? 'UTC' },
    reconcile: raw.reconcile ?? false,
  };
}

/** What environments of both kinds have. `asks`: whether a person approves where nothing is said. */
function commonOf(
  raw: Pick<RawEnvironment, 'approval' | 'projects' | 'variables' | 'verify' | 'build'>,
  asks: boolean,
  at: At,
): Pick<EnvironmentConfig, 'approval' | 'projects' | 'variables' | 'verify' | 'build'> {
  return {
    approval: {
      required: raw.approval?.required ?? asks,
      approvers: raw.approval?.approvers ?? [],
      notAuthor: raw.approval?.not_author ?? false,
      within: seconds(raw.approval?.within ?? '24h'),
    },
    projects: raw.projects ? references(raw.projects, (index) => at(['projects', index])) : null,
    variables: texts(raw.variables),
    verify: raw.verify ? verifyOf(raw.verify) : null,
    build: raw.build
      ? {
          command: raw.build.command,
          dir: cleanDir(raw.build.dir ?? '.'),
          projects: raw.build.projects ?? null,
        }
      : null,
  };
}

function verifyOf(raw: NonNullable<RawConfig['environments'][string]['verify']>): Verify {
  const times = {
    attempts: raw.attempts ?? 10,
    interval: seconds(raw.interval ?? '2s'),
    timeout: seconds(raw.timeout ?? '5m'),
  };
  const status = raw.status ?? null;
  if (raw.url !== undefined) return { kind: 'http', url: raw.url, status, ...times };
  if (raw.command) return { kind: 'command', command: raw.command, dir: cleanDir(raw.dir ?? '.'), ...times };
  const output = raw.output ?? '';
  const dot = output.lastIndexOf('.');
  return {
    kind: 'output',
    project: output.slice(0, dot),
    output: output.slice(dot + 1),
    path: raw.path ?? '',
    status,
    ...times,
  };
}

function projectOf(raw: NonNullable<RawConfig['projects']>[number], at: At): ProjectConfig {
  const dir = cleanDir(raw.dir);
  const workspace = raw.workspace ?? 'default';
  const secrets = Object.entries(raw.secrets ?? {}).map(([name, { plan, apply }]) => [
    name,
    { ...(plan === undefined ? {} : { plan }), ...(apply === undefined ? {} : { apply }) },
  ]);
  return {
    name: raw.name ?? projectName(dir, workspace),
    named: raw.name !== undefined,
    dir,
    workspace,
    whenModified: raw.when_modified ?? [],
    dependsOn: references(raw.depends_on ?? [], (index) => at(['depends_on', index])),
    variables: texts(raw.variables),
    secrets: Object.fromEntries(secrets),
    size: raw.size ?? STANDARD_SIZE,
    at: at([]),
  };
}

/** The name of a project that has none of its own. */
export function projectName(dir: string, workspace: string): string {
  return workspace === 'default' ? dir : `${dir}@${workspace}`;
}

function references(names: string[], at: (index: number) => string): Reference[] {
  return names.map((name, index) => ({ name, at: at(index) }));
}

function texts(raw: Record<string, unknown> | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(raw ?? {}).map(([key, value]) => [
      key,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  );
}

function cleanDir(dir: string): string {
  const parts = dir.split('/').filter((part) => part !== '' && part !== '.');
  return parts.length === 0 ? '.' : parts.join('/');
}
