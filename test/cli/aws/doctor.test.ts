import { createHmac } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import path from 'node:path';
import { CreateEventBusCommand } from '@aws-sdk/client-eventbridge';
import { CreateSecretCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { CreateStateMachineCommand } from '@aws-sdk/client-sfn';
import { CreateQueueCommand, GetQueueUrlCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type AwsDoctorFlags, awsDoctor } from '../../../cli/aws/doctor.ts';
import { stackNames } from '../../../cli/aws/stacks.ts';
import type { Finding } from '../../../cli/findings.ts';
import { definitionName } from '../../../core/jobs/names.ts';
import { WORKFLOWS } from '../../../core/requests/run.ts';
import { parseInfraConfig } from '../../../infra/config/load-config.ts';
import { CREDENTIALS, type Moto, NO_MOTO, startMoto } from '../../support/aws/moto.ts';
import { answerOf, line, type Scene, STAGES } from './scene.ts';
import { CONFIG, layInstallation, layStack, startWorld, WEBHOOK_SECRET, type World } from './world.ts';

describe.skipIf(NO_MOTO)(`cairn doctor --aws on moto${NO_MOTO ? ` (skipped: ${NO_MOTO})` : ''}`, () => {
  let moto: Moto;
  let world: World;
  let scene: Scene;
  let now = 0;

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
    now = Date.now();
    scene = {
      build: 'SUCCEEDED',
      schedule: 'ENABLED',
      heard: true,
      job: () => ({ status: 'SUCCEEDED' }),
      lines: () => [
        line('role', 'ok', 'arn:aws:sts::123456789012:assumed-role/cairn-job-x/1'),
        line('git', 'ok'),
      ],
      submitted: [],
      terminated: [],
    };
    world.aws.answer = (request, body) => answerOf(scene, request, body, now);
    world.github.answer = githubAnswers();
    await layInstallation(world, stackNames(parseInfraConfig(CONFIG)));
    await layStack(world.clients, 'CDKToolkit', { BootstrapVersion: { Value: '30' } });
    await keepKey();
    await world.clients.events.send(new CreateEventBusCommand({ Name: 'cairn' }));
    for (const name of ['requests', 'ended', 'github', 'schedules']) {
      await world.clients.sqs.send(new CreateQueueCommand({ QueueName: `cairn-${name}-dead` }));
    }
    for (const name of WORKFLOWS.map((workflow) => `cairn-${workflow}`)) {
      const definition = JSON.stringify({ StartAt: 'End', States: { End: { Type: 'Succeed' } } });
      const roleArn = 'arn:aws:iam::123456789012:role/x';
      await world.clients.states.send(new CreateStateMachineCommand({ name, definition, roleArn }));
    }
  });
  afterEach(() => world.close());

  const keepKey = () =>
    world.clients.secrets.send(
      new PutSecretValueCommand({
        SecretId: 'cairn/github',
        SecretString: JSON.stringify({ appId: '7', privateKey: world.key }),
      }),
    );

  function githubAnswers(more: Record<string, { status?: number; body: unknown }> = {}) {
    const hook = { url: `${world.github.url}/webhook`, content_type: 'json' };
    const permissions = {
      contents: 'write',
      pull_requests: 'write',
      issues: 'write',
      checks: 'write',
      deployments: 'write',
      metadata: 'read',
    };
    const good: typeof more = {
      '/app': { body: { id: 7, slug: 'cairn', permissions } },
      '/repos/acme/shop/installation': { body: { id: 1 } },
      '/app/hook/config': { body: hook },
      '/app/hook/deliveries?per_page=20': {
        body: [{ delivered_at: '2026-11-01T00:00:00Z', event: 'push', status: 'OK', status_code: 202 }],
      },
      ...more,
    };
    return (request: IncomingMessage, body: string) => {
      if (request.url !== '/webhook' || more['/webhook']) return good[request.url ?? ''] ?? null;
      const signature = `sha256=${createHmac('sha256', WEBHOOK_SECRET).update(body).digest('hex')}`;
      return { status: request.headers['x-hub-signature-256'] === signature ? 202 : 401, body: {} };
    };
  }

  async function examine(flags: AwsDoctorFlags = {}) {
    const code = await awsDoctor({ json: true, ...flags }, world.io, {
      clients: () => world.clients,
      githubUrl: world.github.url,
      pause: async () => undefined,
      now: () => now,
    });
    const { findings } = JSON.parse(world.said.out) as { findings: Finding[] };
    return { code, findings, of: (name: string) => findings.find((finding) => finding.name === name) };
  }

  it('finds nothing to mend where all is well', async () => {
    const { code, findings, of } = await examine();

    expect(findings.filter(({ status }) => status === 'fail')).toEqual([]);
    expect(code).toBe(0);
    for (const name of [
      'account',
      'bootstrap',
      'CairnPipeline',
      'cairn/github',
      'webhook',
      'bus',
      'deliveries',
    ])
      expect(of(name), name).toMatchObject({ status: 'ok' });
    for (const name of ['cairn-image-lambda', 'cairn-LookAtHeads', 'cairn-ended-dead', 'webhook: signed'])
      expect(of(name), name).toMatchObject({ status: 'ok' });
    expect(of('workflow plan')).toMatchObject({
      status: 'warn',
      help: expect.stringContaining('pull request'),
    });
  });

  it('runs one job as each identity, on the queue of its stage', async () => {
    const { of } = await examine();

    expect(scene.submitted.map(({ jobQueue }) => jobQueue).sort()).toEqual([
      'cairn-apply',
      'cairn-plan',
      'cairn-plan',
      'cairn-plan',
    ]);
    for (const stage of STAGES) {
      const identity = { repository: 'acme/shop', environment: 'prod', stage } as Parameters<
        typeof definitionName
      >[0];
      const job = scene.submitted.find(
        ({ jobDefinition }) => jobDefinition === definitionName(identity, 'standard'),
      );
      expect(job?.variables).toMatchObject({ CAIRN_JOB: 'smoke' });
      expect(JSON.parse(job?.variables['CAIRN_SMOKE'] ?? '')).toMatchObject({
        repository: 'acme/shop',
        environment: 'prod',
      });
      expect(of(`acme/shop prod ${stage}`)).toMatchObject({
        status: 'ok',
        message: '2 of 2 checks, as cairn-job-x',
      });
    }
  });

  it('shows what a job found', async () => {
    scene.lines = (stage) => [
      line('role', 'ok', 'arn:aws:sts::1:assumed-role/x/1'),
      ...(stage === 'apply' ? [line('target role', 'fail', 'AccessDenied: no', 'Make it')] : []),
    ];

    const { code, of } = await examine();

    expect(code).toBe(1);
    expect(of('acme/shop prod apply')).toMatchObject({ message: '1 of 2 checks, as x' });
    expect(of('acme/shop prod apply: target role')).toEqual({
      name: 'acme/shop prod apply: target role',
      status: 'fail',
      message: 'AccessDenied: no',
      help: 'Make it',
    });
  });

  it('tells of a job that gets no place, and stops it', async () => {
    scene.job = (stage) => ({ status: stage === 'verify' ? 'RUNNABLE' : 'SUCCEEDED' });

    const { of } = await examine();

    expect(of('acme/shop prod verify')).toMatchObject({
      status: 'fail',
      message: expect.stringContaining('RUNNABLE'),
      help: expect.stringContaining('quota'),
    });
    expect(scene.terminated).toEqual(['job-verify']);
  });

  it('tells why a container did not start', async () => {
    scene.job = () => ({ status: 'FAILED', statusReason: 'CannotPullContainerError: i/o timeout' });
    scene.lines = () => [];

    const { of } = await examine();

    expect(of('acme/shop prod apply')).toMatchObject({
      status: 'fail',
      message: expect.stringContaining('CannotPullContainerError: i/o timeout'),
      help: expect.stringContaining('ECR'),
    });
  });

  it('sees an image that was not built, a schedule that is off, and a bus that hands nothing over', async () => {
    Object.assign(scene, { build: 'FAILED', schedule: 'DISABLED', heard: false });

    const { of } = await examine({ jobs: false });

    expect(of('cairn-image-executor')).toMatchObject({
      status: 'fail',
      help: expect.stringContaining('/cairn/images'),
    });
    expect(of('cairn-LookAtHeads')).toMatchObject({ status: 'fail', message: 'The schedule is DISABLED.' });
    expect(of('bus')).toMatchObject({ status: 'fail', message: expect.stringContaining('did not arrive') });
    expect(scene.submitted).toEqual([]);
  });

  it('sees a schedule that is on and calls nobody', async () => {
    scene.heard = false;

    const { of } = await examine({ jobs: false });

    expect(of('cairn-SweepLocks')).toMatchObject({ message: 'Nobody called it within 15 minutes.' });
  });

  it('sees a webhook of somewhere else, deliveries that fail, and a function without its secret', async () => {
    world.github.answer = githubAnswers({
      '/app/hook/config': { body: { url: 'https://else.example/webhook', content_type: 'json' } },
      '/app/hook/deliveries?per_page=20': {
        body: [{ delivered_at: 'now', event: 'push', status: 'Service Error', status_code: 502 }],
      },
      '/webhook': { status: 500, body: {} },
    });

    const { of } = await examine({ jobs: false });

    expect(of('webhook')).toMatchObject({ status: 'fail', message: expect.stringContaining('else.example') });
    expect(of('deliveries')).toMatchObject({ status: 'fail', message: expect.stringContaining('502') });
    expect(of('webhook: unsigned')).toMatchObject({
      status: 'fail',
      message: expect.stringContaining('500'),
    });
    expect(of('webhook: signed')).toMatchObject({
      status: 'fail',
      help: expect.stringContaining('cairn-Webhook'),
    });
  });

  it('sees dead letters', async () => {
    const { QueueUrl } = await world.clients.sqs.send(
      new GetQueueUrlCommand({ QueueName: 'cairn-requests-dead' }),
    );
    await world.clients.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: '{}' }));

    const { of } = await examine({ jobs: false });

    expect(of('cairn-requests-dead')).toMatchObject({ status: 'warn', message: '1 dead letter' });
  });

  it('sees a secret without a value', async () => {
    await moto.reset();
    await layInstallation(world, stackNames(parseInfraConfig(CONFIG)));

    const { of } = await examine({ jobs: false });

    expect(of('cairn/github')).toMatchObject({
      status: 'fail',
      help: expect.stringContaining('cairn aws deploy'),
    });
    expect(of('cairn/master-key')).toMatchObject({ status: 'ok' });
  });

  it('says that nothing is deployed', async () => {
    await moto.reset();

    const { code, of } = await examine();

    expect(code).toBe(1);
    expect(of('outputs')).toMatchObject({
      status: 'fail',
      help: expect.stringContaining('cairn aws deploy'),
    });
    expect(of('bootstrap')).toMatchObject({ status: 'warn', help: expect.stringContaining('cdk bootstrap') });
  });

  it.each([
    ['xoxb-1', undefined, 'warn', /no signing secret: buttons in Slack are refused/],
    ['xoxb-1', '0123456789abcdef0123456789abcdef', 'ok', /a bot token and a signing secret/],
    [undefined, undefined, 'fail', /no bot token/],
  ])('sees what the secret of Slack lacks (%s, %s)', async (botToken, signingSecret, status, message) => {
    await writeFile(path.join(world.home, 'cairn.infra.yaml'), `${CONFIG}slack: true\n`);
    await world.clients.secrets.send(
      new CreateSecretCommand({
        Name: 'cairn/slack',
        SecretString: JSON.stringify({ botToken, signingSecret }),
      }),
    );

    const { of } = await examine();

    expect(of('cairn/slack')).toMatchObject({ status, message: expect.stringMatching(message) });
  });

  it('shows no secret, and reads well', async () => {
    await awsDoctor({}, world.io, {
      clients: () => world.clients,
      githubUrl: world.github.url,
      pause: async () => undefined,
      now: () => now,
    });

    const { out, err } = world.said;
    expect(out).toMatch(/^ok {4}cairn\/webhook +64 characters$/m);
    expect(out + err).not.toContain(WEBHOOK_SECRET);
    expect(out + err).not.toContain('PRIVATE KEY');
  });
});
