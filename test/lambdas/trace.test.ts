import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { dynamodbClient } from '../../adapters/aws/clients/dynamodb.ts';
import { beginTrace, traceClient, traced, tracedFetch } from '../../lambdas/trace.ts';
import { until } from '../support/until.ts';

const ROOT = '1-5759e988-bd862e3fe1be46a994272793';
const PARENT = '53995c3f42cd8ad8';
const SAMPLED = `Root=${ROOT};Parent=${PARENT};Sampled=1`;

interface Subsegment {
  name: string;
  type: string;
  trace_id: string;
  parent_id: string;
  namespace: string;
  http?: unknown;
  aws?: unknown;
  fault?: boolean;
  cause?: unknown;
}

let daemon: Socket;
let server: Server;
let url: string;
let heard: Subsegment[];

beforeAll(async () => {
  daemon = createSocket('udp4');
  daemon.on('message', (message) => {
    const [, json = ''] = message.toString().split('\n');
    heard.push(JSON.parse(json) as Subsegment);
  });
  daemon.bind(0, '127.0.0.1');
  await once(daemon, 'listening');
  // Read by the SDK when it is loaded, as Lambda sets it.
  process.env['AWS_XRAY_DAEMON_ADDRESS'] = `127.0.0.1:${daemon.address().port}`;
  server = createServer((_, response) => {
    response.setHeader('content-type', 'application/x-amz-json-1.0');
    response.end('{"TableNames":[]}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

beforeEach(() => {
  heard = [];
});

afterAll(async () => {
  delete process.env['AWS_XRAY_DAEMON_ADDRESS'];
  daemon.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function sent(count: number): Promise<Subsegment[]> {
  return until(`${count} subsegments`, () => heard.length >= count && heard);
}

test('what a sampled invocation asks of GitHub is a subsegment of its trace, without the query', async () => {
  await beginTrace(SAMPLED);
  await tracedFetch()(`${url}/repos/acme/shop?ticket=hush`);

  const [subsegment] = await sent(1);
  expect(subsegment).toMatchObject({
    name: '127.0.0.1',
    type: 'subsegment',
    trace_id: ROOT,
    parent_id: PARENT,
    namespace: 'remote',
    http: { request: { method: 'GET', url: `${url}/repos/acme/shop` }, response: { status: 200 } },
  });
  expect(JSON.stringify(heard)).not.toContain('hush');
});

test('what it asks of AWS is one too', async () => {
  const client = dynamodbClient({ endpoint: url, region: 'eu-west-1', onClient: traceClient });
  client.config.credentials = async () => ({ accessKeyId: 'test', secretAccessKey: 'test' });
  const { ListTablesCommand } = await import('@aws-sdk/client-dynamodb');

  await beginTrace(SAMPLED);
  await client.send(new ListTablesCommand({}));

  expect(await sent(1)).toMatchObject([
    { name: 'DynamoDB', namespace: 'aws', trace_id: ROOT, aws: { operation: 'ListTables' } },
  ]);
});

test('an error is thrown on, and told without its message', async () => {
  await beginTrace(SAMPLED);
  const failing = traced({ name: 'api.github.com', namespace: 'remote' }, async () => {
    throw new TypeError('token ghp_hush');
  });

  await expect(failing).rejects.toThrow('token ghp_hush');

  expect(await sent(1)).toMatchObject([{ fault: true }]);
  expect(JSON.stringify(heard)).toContain('TypeError');
  expect(JSON.stringify(heard)).not.toContain('ghp_hush');
});

test.each([
  ['is not sampled', `Root=${ROOT};Parent=${PARENT};Sampled=0`],
  ['is not traced', undefined],
  ['has a header that is none', ';;=;Sampled=1'],
])('an invocation that %s sends nothing, and does its work', async (_, header) => {
  await beginTrace(SAMPLED);
  await beginTrace(header);

  const answer = await tracedFetch()(url);

  expect(answer.status).toBe(200);
  await sleep(100);
  expect(heard).toEqual([]);
});
