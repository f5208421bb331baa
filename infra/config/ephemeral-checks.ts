import { type At, named, type Placed } from './placed.ts';

/**
 * Ephemeral environments run code that nobody has approved: with an account or a role of a permanent one that code
 * could change it, and in Cairn's own account it could change Cairn.
 */
export function ephemeralProblems(all: Placed[], own: string | null, at: At): string[] {
  const permanent = all.filter(({ isEphemeral }) => !isEphemeral);
  return all
    .filter(({ isEphemeral }) => isEphemeral)
    .flatMap((one) => {
      const { account } = one.environment;
      if (account === null) {
        return [
          `${at(one.keys)}: names no account: say \`account: "…"\`, one that holds nothing but ephemeral environments`,
        ];
      }
      const shared = [...sharedRoles(one, permanent, at), ...sharedImages(one, permanent, at)];
      if (shared.length > 0) return shared;
      const place = at([...one.keys, accountKey(one)]);
      if (account === own) return [`${place}: ${OWN}`];
      const other = permanent.find(({ environment }) => environment.account === account);
      return other ? [`${place}: account ${account} is that of ${named(other)} too: ${ALONE}`] : [];
    });
}

/** For who learns only from the credentials which account is Cairn's own. */
export function inOwnAccount(all: Placed[], own: string): string[] {
  return all
    .filter(({ isEphemeral, environment }) => isEphemeral && environment.account === own)
    .map(({ keys }) => `${keys.join('.')}: ${OWN}`);
}

/** Allowed, since the operator knows what opens what; seldom meant. */
export function sharedSecrets(all: Placed[], at: At): string[] {
  const permanent = all.filter(({ isEphemeral }) => !isEphemeral);
  return all
    .filter(({ isEphemeral }) => isEphemeral)
    .flatMap((one) =>
      one.environment.secrets.apply.flatMap((secret) => {
        const other = permanent.find(({ environment }) => environment.secrets.apply.includes(secret));
        if (!other) return [];
        return `${at([...one.keys, 'secrets'])}: ${secret} is a secret of ${named(other)} too: code that nobody has approved can read it. Make one for ephemeral environments, unless that may be`;
      }),
    );
}

const ALONE =
  'ephemeral environments run code that nobody has approved. Give them an account that holds no permanent environment';
const OWN =
  "is Cairn's own account: code that nobody has approved could change Cairn. Give ephemeral environments an account of their own";

function sharedRoles(one: Placed, permanent: Placed[], at: At): string[] {
  const { planRole, applyRole } = one.environment;
  return Object.entries({ plan_role: planRole, apply_role: applyRole }).flatMap(([key, role]) => {
    const other = permanent.find(
      ({ environment }) => role !== null && (environment.planRole === role || environment.applyRole === role),
    );
    if (!other) return [];
    return [
      `${at([...one.keys, key])}: is a role of ${named(other)} too: code that nobody has approved would run with it. Make roles for ephemeral environments alone, in an account of their own (cairn target-role --environment ephemeral)`,
    ];
  });
}

function sharedImages(one: Placed, permanent: Placed[], at: At): string[] {
  return one.environment.pushTo.flatMap((repository, index) => {
    const other = permanent.find(({ environment }) => environment.pushTo.includes(repository));
    if (!other) return [];
    return [
      `${at([...one.keys, 'push_to', index])}: is pushed to by ${named(other)} too: code that nobody has approved could replace its images. Make a repository for ephemeral environments alone`,
    ];
  });
}

/** Which key the account was told by. */
function accountKey({ environment }: Placed): string {
  const role = environment.planRole === null ? 'apply_role' : 'plan_role';
  return environment.planRole === null && environment.applyRole === null ? 'account' : role;
}
