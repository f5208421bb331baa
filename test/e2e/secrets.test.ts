import { once } from 'node:events';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Run } from '../../core/requests/run.ts';
import { REPOSITORY, type RealWorld, startRealWorld } from '../support/real-world.ts';

/** With all that base64, URLs and JSON write differently. */
const SECRET = {
  project: 'kR9"pr0ject/2 &+ü\\x<y>',
  variable: 'v4riable\'s "own" %20 {secret}',
  output: 'the-0utput=of?this&root#1',
  attribute: 'attr1bute\twith a tab and ünïcode',
  applied: 'only-the-apply-kn0ws/this one+',
  // terraform_remote_state hands it on without its mark.
  upstream: 'marked-by "an0ther" state/&',
};

let world: RealWorld;
let slack: Server;
const slackBodies: string[] = [];
/** Logs of jobs as they could be read while the jobs ran. */
const live: string[] = [];
let watching: Promise<void>;
const watched = new AbortController();

beforeAll(async () => {
  slack = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString('utf8');
    slackBodies.push(body, decodeURIComponent(body.replaceAll('+', ' ')));
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ ok: true, channel: 'C1', ts: `1.${slackBodies.length}` }));
  });
  slack.listen(0, '127.0.0.1');
  await once(slack, 'listening');
  const slackApiUrl = `http://127.0.0.1:${(slack.address() as AddressInfo).port}/api/`;
  world = await startRealWorld({ secrets: { key: SECRET.project, late: SECRET.applied }, slackApiUrl });
  watching = watch();
});

afterAll(async () => {
  watched.abort();
  await watching;
  await world.close();
  slack.close();
});

async function watch(): Promise<void> {
  const { jobs } = world.server.host.ports;
  for (; !watched.signal.aborted; await sleep(20)) {
    for (const run of await world.runs()) {
      for (const id of await jobs.active(run.id)) live.push(await jobs.log(id, 0));
    }
  }
}

const CONFIG = `environments:
  prod:
    branch: main
    rollback: automatic
projects:
  - dir: data
  - dir: app
    depends_on: [data]
    secrets:
      TF_VAR_project_secret: { plan: key }
      LATE_SECRET: { apply: late }
notifications:
  slack: { channel: "#deploys" }
`;

/** Everything that a project can do to let its secrets out, in a plan and in an apply. */
function leaky(version: string, fails = false): string {
  const names = ['variable', 'attribute'] as const;
  const literals = names.map((name) => `  ${name} = ${JSON.stringify(SECRET[name])}`).join('\n');
  return `
variable "project_secret" { type = string }
variable "cairn_state" { type = any }
data "terraform_remote_state" "data" {
  backend = var.cairn_state.data.backend
  config  = var.cairn_state.data.config
}
variable "secret" {
  type      = string
  sensitive = true
  default   = ${JSON.stringify(SECRET.variable)}
}
locals {
${literals}
  all = {
    project   = var.project_secret
    variable  = nonsensitive(var.secret)
    attribute = local.attribute
    upstream  = data.terraform_remote_state.data.outputs.password
  }
}
resource "terraform_data" "sensitive" {
  input = sensitive({ password = local.attribute, version = "${version}" })
}
resource "terraform_data" "open" {
  input = { for name, value in local.all : name => {
    plain  = value
    base64 = base64encode(value)
    url    = urlencode(value)
    json   = jsonencode({ password = value })
    inside = "before \${value} after"
  } }
}
resource "terraform_data" "printer" {
  triggers_replace = "${version}"
  provisioner "local-exec" {
    command     = <<-EOT
      printf '%s\\n' "$PLAIN" "$BASE64" "$URL" "$JSON" "$LATE_SECRET"
      printf '%s' "$LATE_SECRET" | base64 -w0; echo
      printf '%s\\n' "$PLAIN" "$LATE_SECRET" >&2
      ${fails ? 'echo "cannot log in with $PLAIN and $LATE_SECRET" >&2; exit 4' : 'true'}
    EOT
    environment = {
      PLAIN  = join(" ", values(local.all))
      BASE64 = join(" ", [for value in values(local.all) : base64encode(value)])
      URL    = join(" ", [for value in values(local.all) : urlencode(value)])
      JSON   = jsonencode(local.all)
    }
  }
}
output "sensitive" {
  value     = ${JSON.stringify(SECRET.output)}
  sensitive = true
}
output "open" {
  value = "${version} \${base64encode(${JSON.stringify(SECRET.output)})} \${urlencode(${JSON.stringify(SECRET.output)})} \${var.project_secret} \${local.all.upstream}"
}
`;
}

test('seeded secrets appear nowhere: plan, deploy, a failing apply, its rollback and revert', async () => {
  const start = await world.push({
    'cairn.yaml': CONFIG,
    'data/main.tf': `output "password" {\n  value     = ${JSON.stringify(SECRET.upstream)}\n  sensitive = true\n}\n`,
    'app/main.tf': 'variable "project_secret" {}\n',
  });
  await world.deploy({ commit: start });
  await world.push({ 'app/main.tf': leaky('one') }, { branch: 'leaky' });
  const pull = await world.bob.openPull({ head: 'leaky' });
  const plan = await world.ended({ pull: pull.number, workflow: 'plan' });
  const deployed = await world.deploy({ commit: await world.alice.merge(pull.number) });
  await world.push({ 'app/main.tf': leaky('two', true) }, { branch: 'worse' });
  const worse = await world.bob.openPull({ head: 'worse' });
  await world.ended({ pull: worse.number, workflow: 'plan' });
  const failed = await world.deploy({ commit: await world.alice.merge(worse.number) });
  await world.server.host.stores.outbox.drained();
  const places = await everything();

  expect([plan.state, deployed.state, failed.state]).toEqual(['succeeded', 'succeeded', 'rolled-back']);
  // The test could not fail if nothing had been said at all.
  expect(places['forge']?.includes('terraform_data.open')).toBe(true);
  expect(places['slack']?.includes('failed, rolled back')).toBe(true);
  expect(places['record']?.includes('rolled-back')).toBe(true);
  expect(Object.keys(places).some((name) => /^log .*apply/.test(name))).toBe(true);
  expect(places['forge']?.includes('(sensitive)')).toBe(true);
  expect(places['live logs']?.includes('Applying.')).toBe(true);
  for (const [place, text] of Object.entries(places)) {
    for (const [name, value] of Object.entries(SECRET)) {
      for (const [how, written] of Object.entries(variants(value))) {
        expect(text.includes(written) ? `${name} (${how}) in ${place}: ${around(text, written)}` : '').toBe(
          '',
        );
      }
    }
  }
}, 180_000);

function variants(value: string): Record<string, string> {
  const base64 = Buffer.from(value).toString('base64');
  return {
    plain: value,
    base64,
    base64url: Buffer.from(value).toString('base64url'),
    url: encodeURIComponent(value),
    form: new URLSearchParams({ v: value }).toString().slice(2),
    json: JSON.stringify(value).slice(1, -1),
    'json twice': JSON.stringify(JSON.stringify(value).slice(1, -1)).slice(1, -1),
  };
}

function around(text: string, found: string): string {
  const at = text.indexOf(found);
  return text.slice(Math.max(0, at - 60), at + found.length + 40);
}

/** Every text that leaves the jobs, by where it is. */
async function everything(): Promise<Record<string, string>> {
  const places: Record<string, string> = {
    slack: slackBodies.join('\n'),
    'live logs': live.join('\n'),
    'server.log': world.told.join('\n'),
    record: await record(),
  };
  for (const file of files(path.join(world.dir, 'forge')).filter((name) => !/\/git\//.test(name))) {
    places['forge'] = `${places['forge'] ?? ''}\n${readFileSync(file, 'utf8')}`;
  }
  for (const run of await world.runs()) Object.assign(places, await ofRun(run));
  places['page of runs'] = await get('/');
  places['environments'] = await get('/api/v1/environments');
  return places;
}

async function record(): Promise<string> {
  const dir = world.forge.gitDir(REPOSITORY);
  const git = async (...args: string[]) => (await execa('git', ['--git-dir', dir, ...args])).stdout;
  const patches = await git('log', '--patch', '--format=%B', 'cairn/record');
  const messages = await git('log', '--all', '--format=%B');
  return `${patches}\n${messages}`;
}

async function ofRun(run: Run): Promise<Record<string, string>> {
  const name = `${run.workflow} ${run.number}`;
  const places: Record<string, string> = {
    [`page of ${name}`]: await get(`/runs/${run.id}`),
    [`view of ${name}`]: await get(`/api/v1/runs/${run.id}`),
  };
  const { jobs } = JSON.parse(await get(`/api/v1/runs/${run.id}/jobs`)) as { jobs: { id: string }[] };
  for (const { id } of jobs) {
    const job = encodeURIComponent(id);
    places[`log of ${name} ${id}`] = await get(`/api/v1/runs/${run.id}/jobs/${job}/log`);
    places[`page of ${name} ${id}`] = await get(`/runs/${run.id}/jobs/${job}`);
  }
  return places;
}

async function get(address: string): Promise<string> {
  const headers = { authorization: `Bearer ${world.server.adminToken}` };
  const answer = await fetch(`${world.server.url}${address}`, { headers });
  if (!answer.ok) throw new Error(`${address} answered ${answer.status}`);
  return answer.text();
}

function files(dir: string): string[] {
  return readdirSync(dir).flatMap((name) => {
    const file = path.join(dir, name);
    return statSync(file).isDirectory() ? files(file) : [file];
  });
}
