import { didYouMean } from '../../core/projects/nearest.ts';
import { IMAGES } from '../names.ts';
import type { InfraConfig } from './config.ts';
import { ephemeralProblems, sharedSecrets } from './ephemeral-checks.ts';
import { type At, named, type Placed, placed } from './placed.ts';
import type { InfraConfigFile } from './schema.ts';

/** What a schema cannot say: names that are not there, accounts that differ, roles that are used for two things. */
export function infraProblems(config: InfraConfig, raw: InfraConfigFile, at: At): string[] {
  const all = placed(config);
  return [
    ...binaryProblems(config, raw, at),
    ...repositoriesTwice(config, at),
    ...branchProblems(config, at),
    ...all.flatMap((one) => [
      ...sizeProblems(config, one, at),
      ...accountProblems(raw, one, at),
      ...secretProblems(config, one, at),
      ...keyProblems(config, one, at),
      ...pushProblems(one, at),
    ]),
    ...roleProblems(all, at),
    ...ephemeralProblems(all, config.account, at),
    ...ownProblems(config, at),
  ];
}

export function infraWarnings(config: InfraConfig, at: At): string[] {
  const all = placed(config);
  return [...sharedPlanRoles(all, at), ...sharedSecrets(all, at)];
}

function sharedPlanRoles(all: Placed[], at: At): string[] {
  const first = new Map<string, Placed>();
  return all.flatMap((one) => {
    const role = one.environment.planRole;
    const other = role === null ? undefined : first.get(role);
    if (role !== null && !other) first.set(role, one);
    if (!other) return [];
    return `${at([...one.keys, 'plan_role'])}: is the plan role of ${named(other)} too: who may open a pull request for the one can read what the other may read. Give each a role of its own, unless both may read the same`;
  });
}

function binaryProblems(config: InfraConfig, raw: InfraConfigFile, at: At): string[] {
  if (config.binaries.length === 0) {
    return [`${at([])}: names no version for jobs to use: add terraform: [1.11.4] or opentofu: [1.9.0]`];
  }
  return (['terraform', 'opentofu'] as const).flatMap((key) =>
    (raw[key] ?? []).flatMap((version, index, versions) =>
      versions.indexOf(version) < index ? [`${at([key, index])}: ${version} stands there already`] : [],
    ),
  );
}

/** GitHub does not tell names apart by small and capital letters. */
function repositoriesTwice(config: InfraConfig, at: At): string[] {
  const seen = new Map<string, string>();
  return config.repositories.flatMap(({ name }) => {
    const other = seen.get(name.toLowerCase());
    seen.set(name.toLowerCase(), name);
    return other ? [`${at(['repositories', name])}: is the same repository as ${other}`] : [];
  });
}

/** EventBridge takes this many characters as a detail-type, and says no only when somebody asks. */
const LONGEST_DETAIL_TYPE = 128;

function branchProblems(config: InfraConfig, at: At): string[] {
  return config.repositories.flatMap(({ name, actions }) =>
    (actions?.branches ?? []).flatMap((branch, index) => {
      const longest = Math.max(...(actions?.commands ?? []).map((command) => command.length));
      const most = LONGEST_DETAIL_TYPE - longest - `:${name}:`.length;
      if (branch.length <= most) return [];
      const place = at(['repositories', name, 'actions', 'branches', index]);
      return [`${place}: an event cannot name a branch of more than ${most} characters of this repository`];
    }),
  );
}

function sizeProblems(config: InfraConfig, { environment, keys }: Placed, at: At): string[] {
  const known = Object.keys(config.sizes);
  if (known.includes(environment.size)) return [];
  return [
    `${at([...keys, 'size'])}: there is no size "${environment.size}"${didYouMean(environment.size, known) || `; sizes are ${known.join(', ')}`}`,
  ];
}

function accountProblems(raw: InfraConfigFile, { environment, isEphemeral, keys }: Placed, at: At): string[] {
  const { planRole, applyRole } = environment;
  const roles = { plan_role: planRole, apply_role: applyRole };
  const repository = raw.repositories[keys[1] ?? ''];
  const said = (isEphemeral ? repository?.ephemeral : repository?.environments[environment.name])?.account;
  return Object.entries(roles).flatMap(([key, role]) => {
    const account = role?.split(':')[4];
    if (account === undefined || account === environment.account) return [];
    const wanted = said === undefined ? 'the other role of this environment' : `"account: ${said}"`;
    return [
      `${at([...keys, key])}: is a role of account ${account}, not of ${environment.account} as ${wanted} says; an environment deploys into one account`,
    ];
  });
}

function secretProblems(config: InfraConfig, { environment, keys }: Placed, at: At): string[] {
  return environment.secrets.apply.flatMap((secret) => {
    const stage = environment.secrets.plan.includes(secret) ? 'plan' : 'apply';
    const place = at([...keys, 'secrets', stage]);
    const [, , , region, , , name = ''] = secret.split(':');
    if (name.startsWith('cairn/')) {
      return [`${place}: ${name} is a secret of Cairn itself, which no job may read`];
    }
    if (region === config.region) return [];
    return [
      `${place}: is in ${region}, but jobs read secrets of ${config.region}: replicate it there and name the replica`,
    ];
  });
}

function keyProblems(config: InfraConfig, { environment, keys }: Placed, at: At): string[] {
  const { secrets } = environment;
  const place = (index: number) => at([...keys, 'secrets', 'keys', index]);
  return secrets.keys.flatMap((key, index) => {
    if (secrets.apply.length === 0) return [`${place(index)}: is the key of no secret: name those beside it`];
    const region = key.split(':')[3];
    if (region === config.region) return [];
    return [
      `${place(index)}: is in ${region}, but jobs read secrets of ${config.region}: name the key that they are encrypted with there`,
    ];
  });
}

function pushProblems({ environment, keys }: Placed, at: At): string[] {
  const own: readonly string[] = Object.values(IMAGES);
  return environment.pushTo.flatMap((repository, index) => {
    const place = at([...keys, 'push_to', index]);
    if (!environment.build) return [`${place}: is what a build pushes to: add \`build: true\``];
    const name = repository.slice(repository.indexOf('/') + 1);
    return own.includes(name) ? [`${place}: holds what Cairn itself runs, which no build may change`] : [];
  });
}

/** What may apply is for one environment's applies alone. */
function roleProblems(all: Placed[], at: At): string[] {
  const plans = new Map(
    all.flatMap((one) => (one.environment.planRole ? [[one.environment.planRole, one]] : [])),
  );
  const applies = new Map<string, Placed>();
  return all.flatMap((one) => {
    const role = one.environment.applyRole;
    if (role === null) return [];
    const place = at([...one.keys, 'apply_role']);
    const planner = plans.get(role);
    // An ephemeral and a permanent one: said by itself.
    if (planner && planner.isEphemeral !== one.isEphemeral) return [];
    if (planner) {
      const whose = planner === one ? 'its own plans' : `plans of ${named(planner)}`;
      return [
        `${place}: is assumed by ${whose} too: then whoever can open a pull request can change everything. Make a role that only reads for the plans`,
      ];
    }
    const other = applies.get(role);
    applies.set(role, other ?? one);
    if (!other || other.isEphemeral !== one.isEphemeral) return [];
    return [
      `${place}: is the apply role of ${named(other)} too: whoever may deploy the one could change the other. Make a role for each (cairn target-role)`,
    ];
  });
}

/** What stands beside Cairn itself has to be where it is. */
function ownProblems(config: InfraConfig, at: At): string[] {
  const boundary = config.permissionBoundary?.split(':')[4];
  const topicRegion = config.alarmTopic?.split(':')[3];
  return [
    ...(boundary !== undefined && config.account !== null && boundary !== config.account
      ? [
          `${at(['permission_boundary'])}: is a policy of account ${boundary}; roles are bounded by policies of their own account, ${config.account}`,
        ]
      : []),
    ...(topicRegion !== undefined && topicRegion !== config.region
      ? [
          `${at(['alarm_topic'])}: is in ${topicRegion}; alarms reach topics of their own region, ${config.region}`,
        ]
      : []),
  ];
}
