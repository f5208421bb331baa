import { describe, expect, it } from 'vitest';
import { InvalidConfig } from '../../../core/errors.ts';
import { cairnApp } from '../../../infra/app.ts';
import { parseInfraConfig } from '../../../infra/config/load-config.ts';

const role = (account: string, name: string) => `arn:aws:iam::${account}:role/${name}`;
const IMAGES = 'arn:aws:ecr:eu-west-1:111111111111:repository/acme/app';
const [PERMANENT, SANDBOX, OWN] = ['222222222222', '333333333333', '111111111111'];

/** Two repositories: the first has what is given, the other a permanent environment with roles. */
function file(
  ephemeral: string,
  { account = `account: "${OWN}"\n`, name = 'prod', prod = '{}' } = {},
): string {
  return `${account}region: eu-west-1
github: { app_id: "1" }
terraform: [1.11.4]
repositories:
  acme/infra:
    environments: { ${name}: ${prod} }
    ${ephemeral === '' ? '' : `ephemeral: ${ephemeral}`}
  acme/web:
    environments:
      live: { plan_role: "${role(PERMANENT, 'p')}", apply_role: "${role(PERMANENT, 'a')}" }
`;
}

function problemsOf(text: string): string[] {
  try {
    parseInfraConfig(text);
    return [];
  } catch (error) {
    if (!(error instanceof InvalidConfig)) throw error;
    return error.problems;
  }
}

describe('ephemeral environments', () => {
  it('may live in an account of their own, with roles of their own', () => {
    const own = `{ plan_role: "${role(SANDBOX, 'p')}", apply_role: "${role(SANDBOX, 'a')}", size: standard }`;

    expect(problemsOf(file(own))).toEqual([]);
    expect(problemsOf(file(`{ account: "${SANDBOX}" }`))).toEqual([]);
    expect(problemsOf(file(''))).toEqual([]);
  });

  it.each<[string, string, RegExp]>([
    [
      'the account of a permanent one of another repository',
      file(`{ account: "${PERMANENT}" }`),
      /^cairn\.infra\.yaml:8:18: repositories\.acme\/infra\.ephemeral\.account: account 222222222222 is that of acme\/web live too: .*Give them an account/,
    ],
    [
      'the account of one of its own repository, told by a role',
      file(`{ apply_role: "${role(SANDBOX, 'e')}" }`, { prod: `{ account: "${SANDBOX}" }` }),
      /ephemeral\.apply_role: account 333333333333 is that of acme\/infra prod too/,
    ],
    [
      'a role that a permanent one plans with',
      file(`{ plan_role: "${role(PERMANENT, 'p')}" }`),
      /ephemeral\.plan_role: is a role of acme\/web live too: .*cairn target-role --environment ephemeral/,
    ],
    [
      'a role that a permanent one applies with, as its plan role',
      file(`{ plan_role: "${role(PERMANENT, 'a')}" }`),
      /ephemeral\.plan_role: is a role of acme\/web live too/,
    ],
    [
      "Cairn's own account",
      file(`{ account: "${OWN}" }`, { prod: `{ account: "${SANDBOX}" }` }),
      /ephemeral\.account: is Cairn's own account: .*could change Cairn/,
    ],
    ['no account at all', file('{ size: standard }'), /ephemeral: names no account: say `account: "…"`/],
    [
      'one role for plans and applies',
      file(`{ plan_role: "${role(SANDBOX, 'a')}", apply_role: "${role(SANDBOX, 'a')}" }`),
      /ephemeral\.apply_role: is assumed by its own plans too/,
    ],
    [
      'roles of two accounts',
      file(`{ account: "${SANDBOX}", plan_role: "${role('444444444444', 'a')}" }`),
      /ephemeral\.plan_role: is a role of account 444444444444, not of 333333333333 as "account: 333333333333"/,
    ],
    [
      'an image repository that a permanent one is deployed from',
      file(`{ account: "${SANDBOX}", build: true, push_to: ["${IMAGES}"] }`, {
        prod: `{ build: true, push_to: ["${IMAGES}"] }`,
      }),
      /ephemeral\.push_to\[0\]: is pushed to by acme\/infra prod too: .*Make a repository for ephemeral/,
    ],
    [
      'a size that is not there',
      file(`{ account: "${SANDBOX}", size: huge }`),
      /ephemeral\.size: there is no size "huge"/,
    ],
  ])('are refused %s', (_, text, expected) => {
    const problems = problemsOf(text);

    expect(problems).toEqual([expect.stringMatching(expected)]);
  });

  it.each(['ephemeral', 'eph-1', 'eph-pr-12'])('have %s for themselves as a name', (name) => {
    const problems = problemsOf(file('', { name }));

    expect(problems).toEqual([expect.stringMatching(/:7:\d+: .*(ephemeral environments)/)]);
  });

  it('are warned of a secret that a permanent one applies with', () => {
    const secret = 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:acme/registry-AbCdEf';
    const secrets = `secrets: { apply: ["${secret}"] }`;

    const { warnings } = parseInfraConfig(
      file(`{ account: "${SANDBOX}", ${secrets} }`, { prod: `{ ${secrets} }` }),
    );

    expect(warnings).toEqual([
      expect.stringMatching(
        /ephemeral\.secrets: .*acme\/registry-AbCdEf is a secret of acme\/infra prod too/,
      ),
    ]);
  });

  it("are not made in Cairn's own account where only the credentials say which that is", () => {
    const config = parseInfraConfig(file(`{ account: "${OWN}" }`, { account: '' }));
    const contexts = { executor: '/nowhere', lambda: '/nowhere' };

    expect(() => cairnApp(config, { contexts, account: OWN })).toThrow(
      /cairn\.infra\.yaml: repositories\.acme\/infra\.ephemeral: is Cairn's own account/,
    );
  });
});
