import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ListStacksCommand } from '@aws-sdk/client-cloudformation';
import { App, type IStackSynthesizer, LegacyStackSynthesizer, Stack } from 'aws-cdk-lib';
import { CfnTopic } from 'aws-cdk-lib/aws-sns';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { cdkOf } from '../../../cli/aws/cdk.ts';
import { operatorClients } from '../../../cli/aws/clients.ts';
import { awsDeploy } from '../../../cli/aws/deploy.ts';
import type { Io } from '../../../cli/io.ts';
import { ACCOUNT, CREDENTIALS, type Moto, NO_MOTO, REGION, startMoto } from '../../support/aws/moto.ts';
import { layInstallation, layStack, startWorld, type World } from './world.ts';

/** The CDK's own program, with the arguments that it is really given; on a small stack, which the emulator can take. */
describe.skipIf(NO_MOTO)(`the CDK on moto${NO_MOTO ? ` (skipped: ${NO_MOTO})` : ''}`, () => {
  let moto: Moto;
  let world: World;
  let root = '';
  beforeAll(async () => {
    for (const [name, value] of Object.entries(CREDENTIALS)) vi.stubEnv(name, value);
    moto = await startMoto();
    world = await startWorld(moto);
    root = await mkdtemp(path.join(tmpdir(), 'cairn-cdk-'));
    await symlink(
      path.resolve(import.meta.dirname, '../../../node_modules'),
      path.join(root, 'node_modules'),
    );
    await mkdir(path.join(root, 'dist'));
    layAssembly(path.join(root, 'dist/cdk.out'));
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await world?.close();
    await moto?.close();
    await rm(root, { recursive: true, force: true });
  });

  function layAssembly(outdir: string): void {
    const app = new App({ outdir, analyticsReporting: false });
    // So small a template is handed over as it is, without a bucket.
    const synthesizer = new LegacyStackSynthesizer() as IStackSynthesizer;
    const stack = new Stack(app, 'Small', { env: { account: ACCOUNT, region: REGION }, synthesizer });
    new CfnTopic(stack, 'Topic', { topicName: 'small' });
    app.synth();
  }

  it('takes what it is told by `cairn aws deploy`, and says it on standard error', async () => {
    const io: Io = { ...world.io, env: { ...world.io.env, AWS_ENDPOINT_URL: moto.endpoint } };
    await layInstallation(world, ['CairnPipeline']);
    await layStack(world.clients, 'CDKToolkit', { BootstrapVersion: { Value: '30' } });
    world.github.answer = ({ url }) =>
      url === '/app' ? { body: { id: 7 } } : { body: { url: 'https://x.example' } };
    const real = cdkOf(path.join(world.home, 'cairn.infra.yaml'), REGION, io, root);

    await awsDeploy({ doctor: false, appKeyFile: world.keyFile }, io, {
      clients: () => operatorClients(REGION, moto.endpoint),
      githubUrl: world.github.url,
      // The templates are there.
      cdk: () => (args) => real(args[0] === 'synth' ? [...args, '--app', 'dist/cdk.out'] : args),
      ask: async () => 'y',
      doctor: async () => 0,
    });

    const { StackSummaries = [] } = await world.clients.stacks.send(new ListStacksCommand({}));
    expect(StackSummaries).toContainEqual(
      expect.objectContaining({ StackName: 'Small', StackStatus: 'CREATE_COMPLETE' }),
    );
    expect(world.said.err).toContain('AWS::SNS::Topic');
    expect(world.said.err).not.toContain('Unknown option');
    expect(world.said.out).toBe(
      `Cairn is deployed: ${world.github.url}\nExamine it with \`cairn doctor --aws\`.\n`,
    );
  });

  it('ends with an error that says what to do', async () => {
    const cdk = cdkOf('cairn.infra.yaml', REGION, world.io, root);

    await expect(cdk(['deploy', 'Gone', '--app', 'dist/cdk.out'])).rejects.toThrow(
      /`cdk deploy` ended with 1.*run this again/,
    );
  });
});
