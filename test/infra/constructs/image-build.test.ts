import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

const SOURCES = path.join(import.meta.dirname, '../../../infra/constructs/image-build');
const ANSWER = readFileSync(path.join(SOURCES, 'answer.cjs'), 'utf8');

/** Calls of AWS, by the command's name: what each is answered. */
type Aws = Record<string, (input: Record<string, unknown>) => unknown>;

/** The function as Lambda runs it, on an AWS that answers from a table. */
function handlerOn(aws: Aws): (event: unknown) => Promise<void> {
  const command = (name: string) =>
    class {
      readonly name = name;
      readonly input: Record<string, unknown>;
      constructor(input: Record<string, unknown>) {
        this.input = input;
      }
    };
  class Client {
    async send({ name, input }: { name: string; input: Record<string, unknown> }) {
      const answer = aws[name];
      if (!answer) throw new Error(`nobody expects ${name}`);
      return answer(input);
    }
  }
  const names = ['BatchGetBuildsCommand', 'StartBuildCommand', 'DescribeImagesCommand'];
  const sdk = {
    CodeBuildClient: Client,
    ECRClient: Client,
    ...Object.fromEntries(names.map((name) => [name, command(name)])),
  };
  const exports: { handler?: (event: unknown) => Promise<void> } = {};
  new Function('exports', 'require', ANSWER)(exports, () => sdk);
  return exports.handler!;
}

const absent = () => {
  throw Object.assign(new Error('no such image'), { name: 'ImageNotFoundException' });
};

describe('the answer to CloudFormation', () => {
  let server: Server;
  let url: string;
  const told: { method: string; type: string | undefined; body: Record<string, string> }[] = [];

  beforeAll(async () => {
    server = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk) => {
        text += chunk;
      });
      request.on('end', () => {
        told.push({
          method: request.method ?? '',
          type: request.headers['content-type'],
          body: JSON.parse(text),
        });
        response.end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as { port: number }).port}/`;
  });
  afterAll(() => server.close());
  beforeEach(() => {
    told.length = 0;
  });

  const asked = (RequestType: string) => ({
    RequestType,
    ResponseURL: url,
    StackId: 'stack',
    RequestId: 'request',
    LogicalResourceId: 'Image',
    ResourceProperties: { Project: 'cairn-image-lambda', Repository: 'cairn-lambda', Tag: 'abc' },
  });
  const to = {
    StackId: 'stack',
    RequestId: 'request',
    LogicalResourceId: 'Image',
    PhysicalResourceId: 'cairn-lambda:abc',
  };
  const ended = (build: Record<string, unknown>): Aws => ({
    BatchGetBuildsCommand: ({ ids }) => {
      expect(ids).toEqual(['arn:build']);
      return { builds: [build] };
    },
  });
  const waiting = () => ({
    environmentVariables: [
      { name: 'TAG', value: 'abc' },
      { name: 'ANSWER', value: JSON.stringify({ ResponseURL: url, ...to }) },
    ],
  });
  const event = { detail: { 'build-id': 'arn:build' } };

  it('waits for the build that it starts', async () => {
    const started: Record<string, unknown>[] = [];
    const handler = handlerOn({
      DescribeImagesCommand: absent,
      StartBuildCommand: (input) => started.push(input),
    });

    await handler(asked('Create'));

    expect(started).toEqual([
      {
        projectName: 'cairn-image-lambda',
        environmentVariablesOverride: [
          { name: 'ANSWER', value: JSON.stringify({ ResponseURL: url, ...to }) },
        ],
      },
    ]);
    expect(told).toEqual([]);
  });

  it('comes at once where the image is there already: nothing is built twice', async () => {
    const handler = handlerOn({ DescribeImagesCommand: () => ({ imageDetails: [{}] }) });

    await handler(asked('Update'));

    expect(told.map(({ body }) => body)).toEqual([{ ...to, Status: 'SUCCESS', Reason: 'See the log.' }]);
  });

  it('comes at once when the image is no longer wanted, and leaves it', async () => {
    await handlerOn({})(asked('Delete'));

    expect(told.map(({ body }) => body['Status'])).toEqual(['SUCCESS']);
  });

  it('says why a build could not be started', async () => {
    const handler = handlerOn({
      DescribeImagesCommand: absent,
      StartBuildCommand: () => {
        throw new Error('Cannot have more than 0 builds in queue for the account');
      },
    });

    await handler(asked('Create'));

    expect(told[0]?.body).toMatchObject({
      Status: 'FAILED',
      Reason:
        'The build of cairn-lambda:abc could not be started: Cannot have more than 0 builds in queue for the account',
    });
  });

  it('is good when the build was', async () => {
    await handlerOn(ended({ buildStatus: 'SUCCEEDED', environment: waiting() }))(event);

    expect(told).toMatchObject([{ method: 'PUT', body: { ...to, Status: 'SUCCESS' } }]);
    // S3 checks the signature of an address that was made without one.
    expect(told[0]?.type ?? '').toBe('');
  });

  it.each([
    ['FAILED', 'BUILD', 'COMMAND_EXECUTION_ERROR: Error while executing command. Reason: exit status 1'],
    ['TIMED_OUT', 'BUILD', 'BUILD_TIMED_OUT: Build has timed out.'],
    ['FAULT', 'DOWNLOAD_SOURCE', 'access denied'],
  ])('of a build that ended %s says where and why, with the log', async (buildStatus, phaseType, message) => {
    const phases = [
      { phaseType: 'SUBMITTED', phaseStatus: 'SUCCEEDED' },
      { phaseType, phaseStatus: buildStatus, contexts: [{ message }] },
      { phaseType: 'COMPLETED' },
    ];
    const logs = { deepLink: 'https://console/log' };

    await handlerOn(ended({ buildStatus, phases, logs, environment: waiting() }))(event);

    expect(told[0]?.body).toEqual({
      ...to,
      Status: 'FAILED',
      Reason: `The image cairn-lambda:abc could not be built (${buildStatus}); ${phaseType} ${buildStatus}: ${message}. Its log: https://console/log`,
    });
  });

  it('is for nobody when a person started the build', async () => {
    const environment = { environmentVariables: [] };

    await handlerOn(ended({ buildStatus: 'FAILED', phases: [], environment }))(event);

    expect(told).toEqual([]);
  });

  it('fits into a template', () => {
    expect(ANSWER.length).toBeLessThanOrEqual(4096);
  });
});

describe('the build', () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'cairn-image-'));
  afterAll(() => rmSync(dir, { recursive: true }));

  /** The script on a machine whose docker and aws write down what they are asked. */
  function build(docker = '') {
    const log = path.join(mkdtempSync(path.join(dir, 'run-')), 'log');
    const program = (name: string, body: string) => {
      writeFileSync(
        path.join(dir, name),
        // In one write: two that stand in a pipe write at the same time.
        `#!/bin/bash\necho "$(printf '%s|' ${name} "$@")" >>"$LOG"\n${body}\n`,
      );
      chmodSync(path.join(dir, name), 0o755);
    };
    program('aws', 'echo password');
    program(
      'docker',
      `[ "$1" = login ] && cat >>"$LOG"\n[ "$1" = image ] && echo 123456789\n${docker}\ntrue`,
    );
    const run = spawnSync('bash', ['-c', readFileSync(path.join(SOURCES, 'build.sh'), 'utf8')], {
      encoding: 'utf8',
      env: {
        PATH: `${dir}:${process.env['PATH']}`,
        LOG: log,
        AWS_REGION: 'eu-west-1',
        IMAGE: '1.dkr.ecr.eu-west-1.amazonaws.com/cairn-executor',
        TAG: 'abc',
        BUILD_ARGS: JSON.stringify({
          BASE: 'base@sha256:0',
          TERRAFORM_VERSIONS: '1.11.4 1.5.7',
          PROVIDERS: '',
        }),
      },
    });
    return { ...run, asked: readFileSync(log, 'utf8').trim().split('\n') };
  }

  it('logs in, builds with its arguments, pushes, and prints the size', () => {
    const { status, stdout, asked } = build();

    const image = '1.dkr.ecr.eu-west-1.amazonaws.com/cairn-executor:abc';
    expect(status).toBe(0);
    expect(asked.filter((line) => line.startsWith('docker'))).toEqual([
      'docker|login|--username|AWS|--password-stdin|1.dkr.ecr.eu-west-1.amazonaws.com|',
      `docker|build|--provenance=false|--build-arg|BASE=base@sha256:0|--build-arg|TERRAFORM_VERSIONS=1.11.4 1.5.7|--build-arg|PROVIDERS=|--tag|${image}|.|`,
      `docker|push|${image}|`,
      `docker|image|inspect|--format|{{.Size}}|${image}|`,
    ]);
    expect(asked).toContain('password');
    expect(stdout).toContain(`Size of ${image}: 123 MB, unpacked`);
  });

  it('ends with the first line that fails: nothing is pushed', () => {
    const { status, asked } = build('[ "$1" = build ] && exit 3');

    expect(status).toBe(3);
    expect(asked.some((line) => line.startsWith('docker|push'))).toBe(false);
  });
});
