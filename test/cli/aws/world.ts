import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CreateStackCommand } from '@aws-sdk/client-cloudformation';
import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager';
import { type OperatorClients, operatorClients } from '../../../cli/aws/clients.ts';
import type { Io } from '../../../cli/io.ts';
import { ACCOUNT, CREDENTIALS, type Moto, REGION } from '../../support/aws/moto.ts';

export const CONFIG = `
region: ${REGION}
account: "${ACCOUNT}"
github: { app_id: "7", url: https://github.example/api/v3 }
terraform: [1.11.4]
repositories:
  acme/shop: { environments: { prod: {} } }
`;

export const WEBHOOK_SECRET = 'w'.repeat(64);

/** Body and status of an answer; null: somebody else answers. */
type Answer = { status?: number; body: unknown } | null;
type Answering = (request: IncomingMessage, body: string) => Answer;

/** A GitHub, an address for webhooks, and an AWS in front of the emulator, on ports of this machine. */
export interface World {
  home: string;
  keyFile: string;
  /** PEM. */
  key: string;
  github: { url: string; answer: Answering; asked: { method: string; path: string; body: string }[] };
  /** What the emulator cannot do is answered here. */
  aws: { endpoint: string; answer: Answering };
  clients: OperatorClients;
  io: Io;
  said: { out: string; err: string };
  close(): Promise<void>;
}

/** Making one takes its time. */
const key = generateKeyPairSync('rsa', { modulusLength: 2048 })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString();

export async function startWorld(moto: Moto): Promise<World> {
  const home = await mkdtemp(path.join(tmpdir(), 'cairn-aws-'));
  const said = { out: '', err: '' };
  const asked: World['github']['asked'] = [];

  const world: World = {
    home,
    key,
    keyFile: path.join(home, 'key.pem'),
    github: { url: '', answer: () => null, asked },
    aws: { endpoint: '', answer: () => null },
    clients: null as unknown as OperatorClients,
    said,
    io: {
      out: (text) => {
        said.out += text;
      },
      err: (text) => {
        said.err += text;
      },
      env: { HOME: home, PATH: process.env['PATH'], ...CREDENTIALS },
      cwd: home,
      outIsTerminal: false,
      errIsTerminal: false,
      inIsTerminal: false,
      ask: async () => '',
      signal: new AbortController().signal,
    },
    async close() {
      for (const server of [github, aws]) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
      await rm(home, { recursive: true, force: true });
    },
  };

  const github = createServer(async (request, response) => {
    const body = await textOf(request);
    asked.push({ method: request.method ?? '', path: request.url ?? '', body });
    const answer = world.github.answer(request, body) ?? { status: 404, body: { message: 'Not Found' } };
    response.writeHead(answer.status ?? 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer.body));
  });
  const aws = createServer(async (request, response) => {
    const body = await textOf(request);
    const answer = world.aws.answer(request, body);
    if (answer) {
      response.writeHead(answer.status ?? 200, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(JSON.stringify(answer.body));
      return;
    }
    const headers = Object.fromEntries(
      Object.entries(request.headers).filter(
        ([name]) => !/^(connection|transfer-encoding|content-length|expect)$/.test(name),
      ),
    ) as Record<string, string>;
    const passed = await fetch(`${moto.endpoint}${request.url}`, {
      method: request.method ?? 'POST',
      headers,
      ...(body === '' ? {} : { body }),
    });
    response.writeHead(passed.status, {
      'content-type': passed.headers.get('content-type') ?? 'text/plain',
      ...(passed.headers.has('x-amzn-errortype')
        ? { 'x-amzn-errortype': passed.headers.get('x-amzn-errortype') ?? '' }
        : {}),
    });
    response.end(await passed.text());
  });
  world.github.url = await listen(github);
  world.aws.endpoint = await listen(aws);
  world.clients = operatorClients(REGION, world.aws.endpoint);
  await writeFile(world.keyFile, key);
  await writeFile(path.join(home, 'cairn.infra.yaml'), CONFIG);
  return world;
}

/** What `cdk deploy` leaves, as far as people see it. */
export async function layInstallation({ clients, github }: World, stacks: string[]): Promise<void> {
  const outputs = {
    ApiUrl: { Value: github.url },
    WebhookUrl: { Value: `${github.url}/webhook` },
  };
  for (const name of stacks) await layStack(clients, name, name === 'CairnPipeline' ? outputs : {});
  await clients.secrets.send(new CreateSecretCommand({ Name: 'cairn/github' }));
  for (const Name of ['cairn/webhook', 'cairn/master-key', 'cairn/admin-token']) {
    await clients.secrets.send(new CreateSecretCommand({ Name, SecretString: WEBHOOK_SECRET }));
  }
}

export async function layStack(
  { stacks }: OperatorClients,
  name: string,
  Outputs: Record<string, { Value: string }>,
): Promise<void> {
  const Resources = { Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: `topic-of-${name}` } } };
  await stacks.send(
    new CreateStackCommand({ StackName: name, TemplateBody: JSON.stringify({ Resources, Outputs }) }),
  );
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
