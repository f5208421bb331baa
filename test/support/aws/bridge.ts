import { randomUUID } from 'node:crypto';
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JobDetail, TaskContainerProperties } from '@aws-sdk/client-batch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { bodyOf } from '../http.ts';
import { type BatchOptions, createBatch } from './bridge-batch.ts';
import { keepLog } from './bridge-logs.ts';
import { ACCOUNT, type Moto, REGION, startMoto } from './moto.ts';

/** What a handler is told besides its event: the part of Lambda's context that ours read. */
interface FunctionContext {
  functionName: string;
  invokedFunctionArn: string;
  awsRequestId: string;
  memoryLimitInMB: string;
  getRemainingTimeInMillis(): number;
}

export type Handler = (event: unknown, context: FunctionContext) => Promise<unknown>;

interface BridgeOptions extends Pick<BatchOptions, 'runJob'> {
  port?: number;
  /** By physical name. */
  functions: Record<string, Handler>;
  queues?: readonly string[];
  definitions?: BatchOptions['definitions'];
  concurrency?: number;
  pageSize?: number;
}

export interface Bridge {
  port: number;
  /** Of all of AWS: `http://127.0.0.1:PORT`. */
  endpoint: string;
  moto: Moto;
  /** Every job that was submitted, in that order, as DescribeJobs tells it. */
  jobs(): JobDetail[];
  close(): Promise<void>;
}

const QUEUES = ['cairn-plan', 'cairn-apply'];
const LOG_GROUP = '/cairn/jobs';

/**
 * An AWS on 127.0.0.1 whose functions are called here and whose jobs are run here; the rest is moto, whose
 * interpreter of state machines calls through this. CodeBuild is not in it: moto's interpreter knows no
 * `codebuild:startBuild.sync`, so a workflow's `Build` cannot run here.
 */
export async function startBridge(options: BridgeOptions): Promise<Bridge> {
  // It listens first, so that nobody else gets its port while moto starts.
  const server = createServer((request, response) => {
    route(request, response).catch((error: unknown) => {
      if (!response.headersSent) answer(response, 502, { message: String(error) });
      else response.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const endpoint = `http://127.0.0.1:${port}`;
  const moto = await startMoto({ callsThrough: port });
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const logs = new CloudWatchLogsClient({ endpoint: moto.endpoint, region: REGION, credentials });
  const batch = createBatch({
    queues: QUEUES,
    definitions: 'registered',
    concurrency: 4,
    pageSize: 100,
    ...options,
    variables: (id) => ({ ECS_CONTAINER_METADATA_URI_V4: `${endpoint}/ecs/${id}` }),
    keepLog(id, container, output) {
      const { group, stream } = logOf(id, container);
      return keepLog(logs, group, stream, output);
    },
  });

  async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', endpoint);
    const [, invoked] = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(pathname) ?? [];
    if (invoked) {
      return invoke(decodeURIComponent(invoked), request, response);
    }
    const operation = batch.operations[/^\/v1\/([a-z]+)$/.exec(pathname)?.[1] ?? ''];
    if (operation && request.method === 'POST') {
      return callBatch(operation, request, response);
    }
    const [, id] = /^\/ecs\/([^/]+)$/.exec(pathname) ?? [];
    const container = id === undefined ? null : batch.container(id);
    if (id !== undefined && container) return answer(response, 200, containerMetadata(id, container));
    passOn(request, response);
  }

  async function invoke(asked: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const name = asked.replace(/^arn:.*:function:/, '').replace(/:[^:]*$/, '');
    const event: unknown = JSON.parse((await bodyOf(request)).toString() || '{}');
    const handler = options.functions[name];
    if (!handler) {
      const message = `Function not found: arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}`;
      return answer(
        response,
        404,
        { Message: message, Type: 'User' },
        errorType('ResourceNotFoundException'),
      );
    }
    const called = handler(event, contextOf(name));
    if (request.headers['x-amz-invocation-type'] === 'Event') {
      called.catch(() => undefined);
      return answer(response, 202, '');
    }
    const version = { 'x-amz-executed-version': '$LATEST' };
    try {
      answer(response, 200, (await called) ?? null, version);
    } catch (error) {
      const failed = { ...version, 'x-amz-function-error': 'Unhandled' };
      answer(response, 200, failureOf(error), failed);
    }
  }

  async function callBatch(
    operation: (request: never) => unknown,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const body = JSON.parse((await bodyOf(request)).toString() || '{}') as never;
    try {
      answer(response, 200, operation(body));
    } catch (error) {
      const { name, message } = error as Error;
      const isTheirs = name === 'ClientException';
      answer(response, isTheirs ? 400 : 500, { message }, errorType(isTheirs ? name : 'ServerException'));
    }
  }

  function passOn(request: IncomingMessage, response: ServerResponse): void {
    const { method, url: path } = request;
    // These two are between neighbours; all else is handed on as it comes.
    const { connection: _mine, expect: _answered, ...headers } = request.headers;
    const onward = httpRequest({ host: '127.0.0.1', port: moto.port, method, path, headers }, (answered) => {
      const { connection: _motos, ...told } = answered.headers;
      response.writeHead(answered.statusCode ?? 502, told);
      answered.pipe(response);
    });
    onward.on('error', (error) => {
      if (!response.headersSent) answer(response, 502, { message: String(error) });
      else response.destroy();
    });
    request.pipe(onward);
  }

  return {
    port,
    endpoint,
    moto,
    jobs: () => batch.details(),
    async close() {
      await batch.close();
      await moto.close();
      logs.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** As Lambda tells of an error that a Node function threw. */
function failureOf(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
  const trace = (error.stack ?? '').split('\n');
  return { errorType: error.name, errorMessage: error.message, trace };
}

function contextOf(functionName: string): FunctionContext {
  const until = Date.now() + 300_000;
  return {
    functionName,
    invokedFunctionArn: `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${functionName}`,
    awsRequestId: randomUUID(),
    memoryLimitInMB: '512',
    getRemainingTimeInMillis: () => Math.max(0, until - Date.now()),
  };
}

/** The stream of a container, as the awslogs driver names it. */
function logOf(id: string, container: TaskContainerProperties): { group: string; stream: string } {
  const settings = container.logConfiguration?.options ?? {};
  const prefix = settings['awslogs-stream-prefix'] ?? 'job';
  const task = id.replaceAll('-', '');
  return { group: settings['awslogs-group'] ?? LOG_GROUP, stream: `${prefix}/${container.name}/${task}` };
}

/** What `$ECS_CONTAINER_METADATA_URI_V4` answers, as far as our executor reads it. */
function containerMetadata(id: string, container: TaskContainerProperties): Record<string, unknown> {
  const { group, stream } = logOf(id, container);
  return {
    DockerId: id,
    Name: container.name,
    Image: container.image,
    LogDriver: 'awslogs',
    LogOptions: { 'awslogs-group': group, 'awslogs-region': REGION, 'awslogs-stream': stream },
  };
}

function errorType(name: string): Record<string, string> {
  return { 'x-amzn-errortype': name };
}

function answer(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  const text = body === '' ? '' : JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'x-amzn-requestid': randomUUID(),
    ...headers,
  });
  response.end(text);
}
