import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { jobRoleName } from '../../../infra/names.ts';
import { type Program, program } from '../program.ts';
import { CONFIG } from './world.ts';

let cairn: Program;
beforeEach(async () => {
  cairn = await program();
});
afterEach(() => cairn.close());

const layConfig = (text = CONFIG) => writeFile(path.join(cairn.home, 'cairn.infra.yaml'), text);

/** Notes what would be deployed or examined. */
function noted() {
  const calls: [string, unknown][] = [];
  const modules = {
    aws: async () => ({
      awsDeploy: async (flags: unknown) => {
        calls.push(['deploy', flags]);
        return 0;
      },
      awsDoctor: async (flags: unknown) => {
        calls.push(['doctor', flags]);
        return 0;
      },
    }),
  };
  return { calls, modules };
}

describe('deploying Cairn itself', () => {
  it('is `cairn aws deploy`', async () => {
    const { calls, modules } = noted();

    const { code } = await cairn.run(
      ['aws', 'deploy', '--config', 'x.yaml', '--app-key-file', 'k.pem', '--yes', '--no-doctor'],
      { modules },
    );

    expect(code).toBe(0);
    expect(calls).toEqual([['deploy', { config: 'x.yaml', appKeyFile: 'k.pem', yes: true, doctor: false }]]);
  });

  it('is `cairn deploy` as well, in the folder of the operator', async () => {
    await layConfig();
    const { calls, modules } = noted();

    const { err } = await cairn.run(['deploy'], { modules });

    expect(calls).toEqual([['deploy', {}]]);
    expect(err).toContain('cairn aws deploy');
  });

  it('is nothing that happens where somebody forgot the environment', async () => {
    const { calls, modules } = noted();

    const { code, err } = await cairn.run(['deploy'], { modules });

    expect(code).toBe(2);
    expect(err).toContain('Which environment? `cairn deploy ENV`');
    expect(calls).toEqual([]);
  });

  it('is never `cairn deploy ENV`', async () => {
    await layConfig();
    const { calls, modules } = noted();

    const { code } = await cairn.run(['deploy', 'prod', '--server', 'http://127.0.0.1:1', '--token', 'x'], {
      modules,
    });

    expect(code).toBe(4);
    expect(calls).toEqual([]);
  });

  it('is examined with `cairn doctor --aws`', async () => {
    const { calls, modules } = noted();

    await cairn.run(['doctor', '--aws', '--environment', 'prod', '--no-jobs', '--json'], { modules });

    expect(calls).toEqual([['doctor', { environment: 'prod', jobs: false, json: true }]]);
  });
});

describe('cairn target-role', () => {
  const PLACE = ['--account', '111122223333', '--repository', 'acme/shop', '--environment', 'prod'];

  it('prints both roles of an environment, without a configuration', async () => {
    const { code, out, err } = await cairn.run(['target-role', ...PLACE, '--cairn-account', '444455556666']);

    const { roles } = JSON.parse(out) as { roles: { kind: string; arn: string; trust: unknown }[] };
    expect(code).toBe(0);
    expect(roles.map(({ kind }) => kind)).toEqual(['plan', 'apply']);
    expect(JSON.stringify(roles[1]?.trust)).toContain('cairn:acme/shop:prod');
    expect(err).toContain(`plan_role: ${roles[0]?.arn}`);
    expect(err).toContain('may do nothing yet');
  });

  it('takes what deploys into the account from the configuration', async () => {
    await layConfig(
      `${CONFIG.replace('{ prod: {} }', '')}`.replace(
        'environments: ',
        'environments: { prod: { account: "111122223333", external_id: secret-of-ours }, test: { account: "999988887777" } }',
      ),
    );

    const { out } = await cairn.run(['target-role', '--account', '111122223333', '--stage', 'apply']);

    const { roles } = JSON.parse(out) as { roles: { kind: string; description: string; trust: unknown }[] };
    expect(roles.map(({ kind, description }) => [kind, description.includes('prod')])).toEqual([
      ['apply', true],
    ]);
    expect(JSON.stringify(roles)).toContain('secret-of-ours');
    expect(JSON.stringify(roles)).toContain('123456789012');
  });

  it('makes those of all ephemeral environments of a repository', async () => {
    await layConfig(
      `${CONFIG}`.replace('environments: ', 'ephemeral: { account: "999988887777" }, environments: '),
    );

    const named = await cairn.run(['target-role', '--account', '999988887777', '--environment', 'ephemeral']);
    const one = await cairn.run(['target-role', '--account', '999988887777', '--environment', 'eph-demo']);

    const { roles } = JSON.parse(named.out) as { roles: { trust: unknown }[] };
    const trust = JSON.stringify(roles.map((role) => role.trust));
    expect(trust).toContain('cairn:acme/shop:ephemeral');
    for (const stage of ['deploy-plan', 'apply'] as const) {
      expect(trust).toContain(jobRoleName('acme/shop', 'ephemeral', stage));
    }
    expect(one.code).not.toBe(0);
    expect(one.err).toContain('--environment ephemeral');
  });

  it.each([
    [['--account', '12'], /--account is an account of AWS: 12 digits/],
    [['--account', '111122223333'], /--cairn-account is missing/],
    [[...PLACE, '--cairn-account', '444455556666', '--format', 'xml'], /json, terraform, cloudformation/],
    [[...PLACE, '--cairn-account', '444455556666', '--session-hours', '13'], /1 to 12/],
    [['--account', '111122223333', '--cairn-account', '444455556666'], /name --repository and --environment/],
    [['--account', '111122223333', '--config', 'gone.yaml'], /gone.yaml: cannot be read/],
  ])('says what is wrong with %j', async (args, message) => {
    const { code, out, err } = await cairn.run(['target-role', ...args]);

    expect(code).not.toBe(0);
    expect(out).toBe('');
    expect(err).toMatch(message);
  });

  it('says what does deploy into an account, if not what was named', async () => {
    await layConfig();

    const { err } = await cairn.run(['target-role', '--account', '123456789012', '--environment', 'test']);

    expect(err).toContain('nothing of test deploys into 123456789012. What does: acme/shop prod.');
  });
});
