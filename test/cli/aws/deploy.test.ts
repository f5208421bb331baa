import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { awsDeploy, type DeployFlags } from '../../../cli/aws/deploy.ts';
import { stackNames } from '../../../cli/aws/stacks.ts';
import { parseInfraConfig } from '../../../infra/config/load-config.ts';
import { CREDENTIALS, type Moto, NO_MOTO, startMoto } from '../../support/aws/moto.ts';
import { CONFIG, layInstallation, layStack, startWorld, WEBHOOK_SECRET, type World } from './world.ts';

const SIGNING = '0123456789abcdef0123456789abcdef';

describe.skipIf(NO_MOTO)(`cairn aws deploy on moto${NO_MOTO ? ` (skipped: ${NO_MOTO})` : ''}`, () => {
  let moto: Moto;
  let world: World;
  let cdk: string[][] = [];
  let questions: string[] = [];
  let answers: Record<string, string> = {};
  let hook: Record<string, string> = {};

  beforeAll(async () => {
    for (const [name, value] of Object.entries(CREDENTIALS)) vi.stubEnv(name, value);
    moto = await startMoto();
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await moto?.close();
  });
  beforeEach(async () => {
    await moto.reset();
    world = await startWorld(moto);
    cdk = [];
    questions = [];
    answers = { Bootstrap: 'y', Deploy: 'y', File: world.keyFile };
    hook = { url: 'https://old.example/webhook' };
    world.github.answer = ({ method, url }, body) => {
      if (url === '/app') return { body: { id: 7, slug: 'cairn' } };
      if (url !== '/app/hook/config') return null;
      if (method === 'PATCH') hook = JSON.parse(body) as Record<string, string>;
      return { body: { ...hook, secret: '********' } };
    };
  });
  afterEach(() => world.close());

  const stacks = () => stackNames(parseInfraConfig(CONFIG));

  function deploy(flags: DeployFlags = {}) {
    let isThere = false;
    return awsDeploy({ doctor: false, ...flags }, world.io, {
      clients: () => world.clients,
      githubUrl: world.github.url,
      cdk: () => async (args) => {
        cdk.push(args);
        if (args[0] === 'bootstrap') {
          await layStack(world.clients, 'CDKToolkit', { BootstrapVersion: { Value: '30' } });
        }
        if (args[0] === 'deploy' && !isThere) {
          isThere = true;
          await layInstallation(world, stacks()).catch(() => undefined);
        }
      },
      ask: async (question) => {
        questions.push(question);
        return Object.entries(answers).find(([start]) => question.startsWith(start))?.[1] ?? '';
      },
      doctor: async () => 42,
    });
  }

  const kept = async (id: string) =>
    (await world.clients.secrets.send(new GetSecretValueCommand({ SecretId: id }))).SecretString ?? '';
  const saidAll = () => world.said.out + world.said.err;

  it('goes from nothing to a Cairn that GitHub talks to, asking before each change', async () => {
    const code = await deploy();

    expect(code).toBe(0);
    expect(cdk.map(([command]) => command)).toEqual(['synth', 'bootstrap', 'diff', 'deploy']);
    expect(cdk[1]).toEqual(expect.arrayContaining(['bootstrap', 'aws://123456789012/eu-west-1']));
    expect(questions).toHaveLength(3);
    expect(JSON.parse(await kept('cairn/github'))).toEqual({ appId: '7', privateKey: world.key });
    expect(hook).toEqual({
      url: `${world.github.url}/webhook`,
      content_type: 'json',
      insecure_ssl: '0',
      secret: WEBHOOK_SECRET,
    });
    expect(world.said.out).toContain(`Cairn is deployed: ${world.github.url}`);
  });

  it('never shows a secret', async () => {
    await deploy({ appKeyFile: world.keyFile });

    expect(saidAll()).not.toContain(WEBHOOK_SECRET);
    expect(saidAll()).not.toContain('PRIVATE KEY');
    for (const line of world.key.split('\n').filter((one) => one.length > 30)) {
      expect(saidAll()).not.toContain(line);
    }
  });

  it('done again, it asks for no key and changes nothing on GitHub', async () => {
    await deploy();
    const before = { ...hook };
    questions = [];
    cdk = [];

    const code = await deploy({ yes: true });

    expect(code).toBe(0);
    expect(questions).toEqual([]);
    expect(cdk.map(([command]) => command)).toEqual(['synth', 'deploy']);
    expect(hook).toEqual(before);
  });

  it('takes a key of another App for none', async () => {
    await layInstallation(world, stacks());
    const other = JSON.stringify({ appId: '8', privateKey: 'of another' });
    await world.clients.secrets.send(
      new PutSecretValueCommand({ SecretId: 'cairn/github', SecretString: other }),
    );

    await deploy();

    expect(JSON.parse(await kept('cairn/github'))).toMatchObject({ appId: '7' });
  });

  it('keeps no key that GitHub does not take', async () => {
    world.github.answer = () => ({ status: 401, body: { message: 'Bad credentials' } });

    await expect(deploy()).rejects.toThrow(/does not take .* as the key of App 7.*401/s);

    expect(cdk).toEqual([]);
    await expect(kept('cairn/github')).rejects.toThrow();
  });

  it('says what to do where there is no key', async () => {
    answers = { Bootstrap: 'y', Deploy: 'y' };

    await expect(deploy()).rejects.toThrow(/--app-key-file/);

    const file = path.join(world.home, 'no.pem');
    await writeFile(file, 'no key');
    await expect(deploy({ appKeyFile: file })).rejects.toThrow(/no private key in PEM/);
  });

  it('deploys nothing where nobody agrees', async () => {
    answers = { Bootstrap: 'y', Deploy: 'n', File: world.keyFile };

    await expect(deploy()).rejects.toThrow('Nothing more was done.');

    expect(cdk.map(([command]) => command)).toEqual(['synth', 'bootstrap', 'diff']);
    answers = { File: world.keyFile };
    await expect(deploy()).rejects.toThrow(/--yes/);
  });

  it('deploys nothing into another account than the one that is written', async () => {
    const text = CONFIG.replaceAll('123456789012', '999999999999');
    await writeFile(path.join(world.home, 'cairn.infra.yaml'), text);

    await expect(deploy({ yes: true })).rejects.toThrow('Nothing was deployed');

    expect(cdk).toEqual([]);
    expect(saidAll()).toContain('123456789012, but cairn.infra.yaml says 999999999999');
  });

  it('tried dry, it makes the templates and says what it would do', async () => {
    const code = await deploy({ dryRun: true });

    expect(code).toBe(0);
    expect(cdk).toEqual([['synth', '--quiet']]);
    for (const stack of stacks()) expect(world.said.out).toContain(stack);
    expect(questions).toEqual([]);
    expect(world.github.asked).toEqual([]);
  });

  it('ends with the examination, and with its code', async () => {
    const code = await deploy({ doctor: true });

    expect(code).toBe(42);
  });

  it('keeps the token of Slack where there is one', async () => {
    await writeFile(path.join(world.home, 'cairn.infra.yaml'), `${CONFIG}slack: true\n`);
    await layInstallation(world, stacks());
    await world.clients.secrets.send(new CreateSecretCommand({ Name: 'cairn/slack' }));

    await expect(deploy()).rejects.toThrow(/CAIRN_SLACK_TOKEN/);
    answers['Bot token'] = 'xoxb-1';
    await deploy();

    expect(JSON.parse(await kept('cairn/slack'))).toEqual({ botToken: 'xoxb-1' });
    expect(saidAll()).not.toContain('xoxb-1');
    expect(saidAll()).toContain('give it as CAIRN_SLACK_SIGNING_SECRET');
  });

  it('keeps what Slack signs clicks with, asked for once and given later as well', async () => {
    await writeFile(path.join(world.home, 'cairn.infra.yaml'), `${CONFIG}slack: true\n`);
    await layInstallation(world, stacks());
    await world.clients.secrets.send(new CreateSecretCommand({ Name: 'cairn/slack' }));
    answers['Bot token'] = 'xoxb-1';
    answers['Signing secret'] = 'not one';

    await expect(deploy()).rejects.toThrow(/32 hexadecimal digits/);
    answers['Signing secret'] = SIGNING;
    await deploy();
    const first = await kept('cairn/slack');
    questions.length = 0;
    await deploy();
    world.io.env['CAIRN_SLACK_SIGNING_SECRET'] = 'f'.repeat(32);
    await deploy();

    expect(JSON.parse(first)).toEqual({ botToken: 'xoxb-1', signingSecret: SIGNING });
    expect(questions.filter((question) => /Slack/.test(question))).toEqual([]);
    expect(JSON.parse(await kept('cairn/slack'))).toEqual({
      botToken: 'xoxb-1',
      signingSecret: 'f'.repeat(32),
    });
    expect(saidAll()).not.toMatch(/xoxb-1|0123456789abcdef|ffff/);
  });

  it('says how to set the webhook by hand where GitHub refuses it, without the secret', async () => {
    const { answer } = world.github;
    world.github.answer = (request, body) =>
      request.method === 'PATCH' ? { status: 403, body: { message: 'no' } } : answer(request, body);

    const error = await deploy().catch((thrown: Error) => thrown);

    expect(String(error)).toContain(`${world.github.url}/webhook`);
    expect(String(error)).not.toContain(WEBHOOK_SECRET);
  });
});
