import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { DescribeExecutionCommand, GetExecutionHistoryCommand } from '@aws-sdk/client-sfn';
import { SQSClient } from '@aws-sdk/client-sqs';
import { type AwsClients, awsClients } from '../../../adapters/aws/clients/clients.ts';
import type { JobOrder } from '../../../core/jobs/order.ts';
import { awsPorts } from '../../../lambdas/aws-ports.ts';
import { lambdaEnvironment } from '../../../lambdas/environment.ts';
import { freePort } from '../../../local/demo/free-port.ts';
import type { Ground, Hosted } from '../world.ts';
import { startBridge } from './bridge.ts';
import type { SubmittedJob } from './bridge-batch.ts';
import { processJob } from './bridge-process.ts';
import { fireSchedules, followSchedules } from './bridge-schedules.ts';
import { type Consumer, startConsumer } from './consumers.ts';
import { tellEndedExecutions } from './ended-executions.ts';
import { type Functions, type Handler, startFunctions } from './functions.ts';
import { startHttpApi } from './http-api.ts';
import { ACCOUNT, CREDENTIALS, REGION } from './moto.ts';
import { provision } from './provision.ts';
import { type Resource, resourcesOf, type Template } from './template.ts';

export interface CloudOptions {
  templates: Record<string, Template>;
  /** In place of what the stacks give every function: where GitHub is, for example. */
  variables: Record<string, string>;
  /** Folder of the functions' bundles. */
  lambdaDir: string;
  /** The executor's bundle for AWS. */
  executor: string;
  /** Folder as the executor's image has it: `terraform-<version>`, `order`. */
  binariesDir: string;
  /** Set for jobs besides: a provider mirror, say. */
  jobVariables?: Record<string, string>;
}

/** Cairn on an AWS on this machine. */
export interface Cloud extends Hosted {
  endpoint: string;
  clients: AwsClients;
  /** Calls a function by its name in the functions' table, as the clock would. */
  call(name: string, event: unknown): Promise<unknown>;
  /** Lets one-time schedules come before their time: all until then. Answers their names. */
  fire(until: Date): Promise<string[]>;
}

/**
 * The stacks' own resources in an emulator, the functions' bundles and the executor's as processes. What moto does
 * not do itself (calling functions, Batch, polling queues, HTTP, saying that an execution ended) is done here, as
 * the templates say.
 */
export async function startCloud(ground: Ground, options: CloudOptions): Promise<Cloud> {
  const resources = resourcesOf(options.templates, { account: ACCOUNT, region: REGION });
  const of = (type: string) => resources.filter((resource) => resource.type === type);
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const aws = { ...CREDENTIALS, AWS_ENDPOINT_URL: endpoint };
  // The clients of this process take them from here.
  Object.assign(process.env, CREDENTIALS);

  const lambdas = new Map(of('AWS::Lambda::Function').map((resource) => [nameOf(resource), resource]));
  const running = new Map<string, Functions>();
  const told: string[] = [];
  let publicUrl = '';

  function handlerOf(name: string): Handler {
    return (event) => {
      const { ImageConfig, Environment } = (lambdas.get(name)?.properties ?? {}) as {
        ImageConfig?: { Command: string[] };
        Environment?: { Variables: Record<string, string> };
      };
      const command = ImageConfig?.Command[0];
      if (command === undefined) throw new Error(`the stacks have no function ${name}`);
      const env = { ...Environment?.Variables, ...options.variables, CAIRN_PUBLIC_URL: publicUrl };
      const key = JSON.stringify(env);
      const functions =
        running.get(key) ?? startFunctions({ dir: options.lambdaDir, env: { ...env, ...aws }, told });
      running.set(key, functions);
      return functions.handler(command)(event);
    };
  }

  const functions = Object.fromEntries([...lambdas.keys()].map((name) => [name, handlerOf(name)]));
  const bridge = await startBridge({
    port,
    functions,
    concurrency: 2,
    runJob: (job) => runExecutor(job, ground, options, { ...aws }),
  });
  const clients = awsClients({ endpoint, region: REGION });
  const sqs = new SQSClient({ endpoint, region: REGION });
  await provision(resources, { clients, sqs, secrets: secretsOf(ground) });

  const api = await startHttpApi(routesOf(resources, functions));
  publicUrl = api.url;
  const consumers: Consumer[] = await Promise.all(
    of('AWS::Lambda::EventSourceMapping').map(({ properties }) =>
      startConsumer({
        endpoint,
        queueUrl: `${endpoint}/${ACCOUNT}/${lastPart(String(properties['EventSourceArn']))}`,
        batchSize: Number(properties['BatchSize'] ?? 10),
        handler: handlerOf(lastPart(String(properties['FunctionName']))),
      }),
    ),
  );
  const machines = of('AWS::StepFunctions::StateMachine').map(nameOf);
  const arnOf = (machine: string) => `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:${machine}`;
  const watch = tellEndedExecutions(machines.map(arnOf), clients);

  const variables = lambdas.get('cairn-Api')?.properties['Environment'] as {
    Variables: Record<string, string>;
  };
  const env = lambdaEnvironment.parse({
    ...variables.Variables,
    ...options.variables,
    CAIRN_PUBLIC_URL: api.url,
  });
  const ports = awsPorts({ env, clients, log: (...line) => void told.push(JSON.stringify(line)) });
  const schedules = followSchedules(clients, env.CAIRN_SCHEDULES.group);
  const executionOf = ({ workflow, id }: { workflow: string; id: string }) =>
    `arn:aws:states:${REGION}:${ACCOUNT}:execution:cairn-${workflow}:${id}`;

  return {
    url: api.url,
    endpoint,
    clients,
    ports,
    told,
    call: (name, event) => handlerOf(`cairn-${name}`)(event),
    async fire(until) {
      return (await fireSchedules(clients, env.CAIRN_SCHEDULES.group, until)).map(({ name }) => name);
    },
    async running(run) {
      const command = new DescribeExecutionCommand({ executionArn: executionOf(run) });
      return (await clients.states.send(command)).status === 'RUNNING';
    },
    async steps(run) {
      const command = new GetExecutionHistoryCommand({ executionArn: executionOf(run), maxResults: 1000 });
      const { events = [] } = await clients.states.send(command);
      return events.flatMap(({ stateEnteredEventDetails }) => stateEnteredEventDetails?.name ?? []);
    },
    async state(key) {
      const Bucket = `cairn-states-${ACCOUNT}-${REGION}`;
      try {
        const command = new GetObjectCommand({ Bucket, Key: `${key}/terraform.tfstate` });
        return (await (await clients.s3.send(command)).Body?.transformToByteArray()) ?? null;
      } catch (error) {
        if ((error as Error).name === 'NoSuchKey') return null;
        throw error;
      }
    },
    async close() {
      await api.close();
      await watch.close();
      await schedules.close();
      await Promise.all(consumers.map((consumer) => consumer.stop()));
      await Promise.all([...running.values()].map((some) => some.close()));
      await bridge.close();
    },
  };
}

function nameOf({ properties }: Resource): string {
  return String(properties['FunctionName'] ?? properties['StateMachineName']);
}

function lastPart(arn: string): string {
  return arn.split(':').at(-1) ?? '';
}

function secretsOf({ app, webhookSecret }: Ground): Record<string, string> {
  return {
    'cairn/github': JSON.stringify({ appId: String(app.appId), privateKey: app.privateKey }),
    'cairn/webhook': webhookSecret,
    'cairn/master-key': 'a'.repeat(64),
    'cairn/admin-token': 'b'.repeat(64),
  };
}

/** `POST /webhook` and `$default`, each with the function that its integration names. */
function routesOf(resources: readonly Resource[], functions: Record<string, Handler>) {
  const integrations = new Map(
    resources
      .filter(({ type }) => type === 'AWS::ApiGatewayV2::Integration')
      .map(({ id, properties }) => [id, String(properties['IntegrationUri'])]),
  );
  const routes: Record<string, Handler> = {};
  for (const { type, properties } of resources) {
    if (type !== 'AWS::ApiGatewayV2::Route') continue;
    const id = String(properties['Target']).split('/').at(-1) ?? '';
    const name = /function:([A-Za-z0-9-]+)/.exec(integrations.get(id) ?? '')?.[1] ?? '';
    const handler = functions[name];
    if (!handler) throw new Error(`the route ${properties['RouteKey']} leads to no function`);
    routes[String(properties['RouteKey'])] = handler;
  }
  return routes;
}

/** As Fargate starts it, but for its folders: a job's own, and one work folder for each project. */
async function runExecutor(
  job: SubmittedJob,
  { dir }: Ground,
  { executor, binariesDir, jobVariables = {} }: CloudOptions,
  aws: Record<string, string>,
) {
  const order = await orderOf(job, aws['AWS_ENDPOINT_URL'] ?? '');
  const work = path.join(dir, 'work', createHash('sha256').update(order.folder).digest('hex').slice(0, 16));
  const jobDir = path.join(dir, 'jobs', job.id);
  await mkdir(work, { recursive: true });
  await mkdir(jobDir, { recursive: true });
  const endpoint = aws['AWS_ENDPOINT_URL'];
  return processJob([process.execPath, executor], {
    env: {
      PATH: process.env['PATH'] ?? '',
      ...aws,
      ...job.environment,
      ...jobVariables,
      CAIRN_BINARIES_DIR: binariesDir,
      CAIRN_JOB_DIR: jobDir,
      CAIRN_WORK_DIR: work,
      CAIRN_S3_BACKEND_EXTRA: JSON.stringify({
        use_path_style: true,
        skip_credentials_validation: true,
        skip_metadata_api_check: true,
        skip_requesting_account_id: true,
        skip_region_validation: true,
        endpoints: { s3: endpoint },
      }),
    },
  });
}

async function orderOf(job: SubmittedJob, endpoint: string): Promise<JobOrder> {
  const { CAIRN_JOB: prefix, CAIRN_ARTIFACTS: Bucket } = job.environment;
  const { s3 } = awsClients({ endpoint, region: REGION });
  const found = await s3.send(new GetObjectCommand({ Bucket, Key: `${prefix}/order.json` }));
  return JSON.parse((await found.Body?.transformToString()) ?? '{}') as JobOrder;
}
