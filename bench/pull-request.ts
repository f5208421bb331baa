import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { jobIds } from '../api/jobs.ts';
import { type Checkout, cloneOf } from '../local/demo/checkout.ts';
import { type Person, person } from '../local/demo/people.ts';
import { type Server, startServer } from '../local/server.ts';
import { buildBundle } from '../scripts/build.ts';
import { type ForgeProcess, forgeProcess } from './forge-process.ts';
import { median } from './median.ts';
import type { Row } from './row.ts';

const REPOSITORY = 'acme/bench';
const SECRET = 'a webhook secret for the benchmark only';

/**
 * What Cairn does after the comment is Cairn's, not the bare commands': until it is done they are not measured. By then
 * the executors have ended too, and the next pull request starts its own, as one that comes minutes later does.
 */
const SETTLED_MS = 2000;

/** A forge in a process of its own, and a server in this one; deliveries are kept and handed over by the bench, which then waits. */
interface Bench {
  forge: ForgeProcess;
  server: Server;
  bob: Person;
  checkout: Checkout;
  /** Milliseconds from handing the newest pull request's webhook over until its comment was written. */
  webhookToComment(): Promise<number>;
  close(): Promise<void>;
}

interface Delivery {
  headers: Record<string, string>;
  body: string;
}

/** From the accepted webhook to the written comment, beside the bare terraform commands of the same projects. */
export async function benchPullRequest(): Promise<Row[]> {
  await buildBundle('executor');
  const rows = [await oneProject(), await twentyProjects(), await secondPush()];
  const mirror = process.env['CAIRN_TEST_PROVIDER_MIRROR'];
  if (mirror) rows.push(await awsProvider(mirror));
  else console.error('bench: the AWS provider is skipped (1 row): CAIRN_TEST_PROVIDER_MIRROR is not set');
  return rows;
}

const BUILTIN = 'resource "terraform_data" "it" {\n  input = "VERSION"\n}\n';

async function oneProject(): Promise<Row> {
  const bench = await startBench({ 'one/main.tf': BUILTIN });
  try {
    const ours: number[] = [];
    const bare: number[] = [];
    for (let turn = 0; turn < 7; turn++) {
      await openPull(bench, turn, ['one']);
      ours.push(await bench.webhookToComment());
      await sleep(SETTLED_MS);
      bare.push(await bareTerraform([{ 'main.tf': BUILTIN.replace('VERSION', `v${turn}`) }], 1, null));
    }
    return row('webhook to comment, 1 project, builtin provider', ours, bare, 4);
  } finally {
    await bench.close();
  }
}

async function twentyProjects(): Promise<Row> {
  const names = Array.from({ length: 20 }, (_, n) => `p${String(n).padStart(2, '0')}`);
  const bench = await startBench(Object.fromEntries(names.map((name) => [`${name}/main.tf`, BUILTIN])));
  try {
    const ours: number[] = [];
    const bare: number[] = [];
    for (let turn = 0; turn < 5; turn++) {
      await openPull(bench, turn, names);
      ours.push(await bench.webhookToComment());
      await sleep(SETTLED_MS);
      const files = { 'main.tf': BUILTIN.replace('VERSION', `v${turn}`) };
      bare.push(
        await bareTerraform(
          names.map(() => files),
          2,
          null,
        ),
      );
    }
    return row('webhook to comment, 20 projects, two at a time', ours, bare, 1.5);
  } finally {
    await bench.close();
  }
}

/** The second push touches one project of a hundred: terraform starts for that one. */
async function secondPush(): Promise<Row> {
  const names = Array.from({ length: 100 }, (_, n) => `p${String(n).padStart(3, '0')}`);
  const bench = await startBench(Object.fromEntries(names.map((name) => [`${name}/main.tf`, BUILTIN])));
  try {
    await openPull(bench, 0, names);
    await bench.webhookToComment();
    await bench.checkout.git('checkout', '--quiet', 'turn-0');
    await writeFile(path.join(bench.checkout.dir, 'p007', 'main.tf'), BUILTIN.replace('VERSION', 'again'));
    await bench.checkout.git('commit', '--quiet', '--all', '-m', 'again');
    await bench.checkout.git('push', '--quiet', 'origin', 'HEAD:refs/heads/turn-0');
    await bench.webhookToComment();
    const [run] = await bench.server.host.ports.runs.list({ repository: REPOSITORY, limit: 1 });
    const jobs = run ? await jobIds(bench.server.host.ports, run) : [];
    return {
      name: 'second push of a 100-project pull request, one touched',
      measured: `terraform started for ${jobs.length}`,
      reference: '1 project touched',
      ratio: jobs.length,
      target: '1',
      ok: jobs.length === 1,
    };
  } finally {
    await bench.close();
  }
}

const AWS = `terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
provider "aws" {
  region                      = "eu-west-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  skip_region_validation      = true
}
resource "aws_sns_topic" "it" {
  name = "VERSION"
}
`;

async function awsProvider(mirror: string): Promise<Row> {
  const bench = await startBench({ 'one/main.tf': AWS }, mirror);
  try {
    const ours: number[] = [];
    const bare: number[] = [];
    for (let turn = 0; turn < 3; turn++) {
      await openPull(bench, turn, ['one'], AWS);
      ours.push(await bench.webhookToComment());
      await sleep(SETTLED_MS);
      bare.push(await bareTerraform([{ 'main.tf': AWS.replace('VERSION', `v${turn}`) }], 1, mirror));
    }
    return row('webhook to comment, 1 project, AWS provider', ours, bare, 1.15);
  } finally {
    await bench.close();
  }
}

function row(name: string, ours: number[], bare: number[], target: number): Row {
  const [a, b] = [median(ours), median(bare)];
  return {
    name,
    measured: `${a.toFixed(0)} ms`,
    reference: `${b.toFixed(0)} ms (init, plan -out, show -json)`,
    ratio: a / b,
    target: `at most ${target}`,
    ok: a / b <= target,
  };
}

async function startBench(files: Record<string, string>, mirror: string | null = null): Promise<Bench> {
  const dir = await mkdtemp(path.join(tmpdir(), 'cairn-bench-'));
  const deliveries: Delivery[] = [];
  let arrived = () => {};
  const catcher = createServer(async (request, response) => {
    const delivery = { headers: headersOf(request), body: await textOf(request) };
    response.end();
    if (delivery.headers['x-github-event'] === 'pull_request') deliveries.push(delivery);
    arrived();
  });
  await new Promise<void>((resolve) => catcher.listen(0, '127.0.0.1', resolve));

  const url = `http://127.0.0.1:${(catcher.address() as AddressInfo).port}/`;
  const forge = await forgeProcess({
    dir: path.join(dir, 'forge'),
    repository: REPOSITORY,
    hook: { url, secret: SECRET },
  });
  const keyFile = path.join(dir, 'app.pem');
  await writeFile(keyFile, forge.privateKey, { mode: 0o600 });
  const bob = person(forge.apiUrl, REPOSITORY, 'bob', forge.token);
  const checkout = await cloneOf(`${forge.url}/${REPOSITORY}.git`, bob);
  await checkout.push('main', 'start', (to) => writeFiles(to, files));

  const server = await startServer({
    data: path.join(dir, 'data'),
    host: '127.0.0.1',
    port: 0,
    githubUrl: forge.apiUrl,
    github: { kind: 'app', appId: String(forge.appId), keyFile },
    webhookSecret: SECRET,
    // Not watched: no look at branch heads while it is measured.
    repositories: [REPOSITORY],
    slackToken: null,
    concurrency: 2,
    providerMirror: mirror,
    publicUrl: null,
    pages: 'open',
    log: () => {},
  });
  const { ports } = server.host;
  let written = () => {};
  const { createComment, editComment } = ports.reports;
  const told =
    <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      const answer = await call(...args);
      written();
      return answer;
    };
  ports.reports = { ...ports.reports, createComment: told(createComment), editComment: told(editComment) };

  return {
    forge,
    server,
    bob,
    checkout,
    async webhookToComment() {
      while (deliveries.length === 0) await new Promise<void>((resolve) => (arrived = resolve));
      const delivery = deliveries.shift() as Delivery;
      const comment = new Promise<void>((resolve) => (written = resolve));
      const start = performance.now();
      const answer = await fetch(`${server.url}/webhook`, { method: 'POST', ...delivery });
      if (answer.status !== 202) throw new Error(`the webhook was answered ${answer.status}`);
      await comment;
      return performance.now() - start;
    },
    async close() {
      await server.close();
      await forge.close();
      await new Promise((resolve) => catcher.close(resolve));
      await checkout.remove();
      await rm(dir, { recursive: true, force: true });
      // Where the temporary folder is closed to other users, jobs live elsewhere.
      await rm(server.host.jobs.root, { recursive: true, force: true });
    },
  };
}

async function openPull(bench: Bench, turn: number, projects: string[], text = BUILTIN): Promise<void> {
  const head = `turn-${turn}`;
  await bench.checkout.push(head, head, (to) =>
    writeFiles(
      to,
      Object.fromEntries(projects.map((name) => [`${name}/main.tf`, text.replace('VERSION', `v${turn}`)])),
    ),
  );
  await bench.bob.openPull({ title: head, body: '', head, base: 'main' });
}

async function writeFiles(dir: string, files: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(dir, name)), { recursive: true });
    await writeFile(path.join(dir, name), text);
  }
}

/** Milliseconds for the three commands in a shell, each project in a fresh folder, `parallel` at a time. */
async function bareTerraform(
  projects: Record<string, string>[],
  parallel: number,
  mirror: string | null,
): Promise<number> {
  const dir = await mkdtemp(path.join(tmpdir(), 'cairn-bare-'));
  const cli = path.join(dir, 'cli.tfrc');
  const install =
    mirror === null ? '' : `provider_installation {\n  filesystem_mirror {\n    path = "${mirror}"\n  }\n}\n`;
  await writeFile(cli, install);
  for (const [index, files] of projects.entries()) await writeFiles(path.join(dir, `p${index}`), files);
  const commands =
    'terraform init -input=false && terraform plan -input=false -out=plan.tfplan && terraform show -json plan.tfplan';
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: dir,
    TF_CLI_CONFIG_FILE: cli,
    CHECKPOINT_DISABLE: '1',
    TF_IN_AUTOMATION: '1',
  };
  const start = performance.now();
  const script = `ls -d p* | xargs -P ${parallel} -I{} sh -c 'cd {} && (${commands}) >out.txt 2>&1'`;
  await execa('sh', ['-c', script], { cwd: dir, env, extendEnv: false });
  const took = performance.now() - start;
  await rm(dir, { recursive: true, force: true });
  return took;
}

function headersOf(request: IncomingMessage): Record<string, string> {
  const keep = ['content-type', 'x-github-event', 'x-github-delivery', 'x-hub-signature-256'];
  return Object.fromEntries(keep.map((name) => [name, String(request.headers[name] ?? '')]));
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
