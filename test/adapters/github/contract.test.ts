import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { GithubForge } from '../../../adapters/github/github-forge.ts';
import { REPOSITORY, startTestForge, type TestForge, TOKENS } from '../../support/forge.ts';
import { type Contract, githubContract, recordingFetch } from '../../support/forge-openapi.ts';
import { type Receiver, startReceiver } from '../../support/forge-receiver.ts';

// Every request that the adapter makes, and every answer of the forge, against GitHub's own description.
let forge: TestForge;
let contract: Contract;
let head: string;
let receiver: Receiver;
const recorder = recordingFetch();

beforeAll(async () => {
  contract = githubContract();
  forge = await startTestForge({ files: { 'README.md': '# Shop\n', 'app/main.tf': 'a = 1\n' } });
  receiver = await startReceiver();
  receiver.answers.push(410);
  forge.forge.addHook(REPOSITORY, { url: receiver.url, secret: 'x'.repeat(32) });
  const clone = await forge.clone('bob');
  head = await clone.commit('Change', { 'app/main.tf': 'a = 2\n' });
  await clone.push('change');
});

afterAll(async () => {
  await forge.close();
  await receiver.close();
});

function problems(): string[] {
  const api = recorder.exchanges.filter(({ url }) => !url.includes('/codeload/'));
  return [...new Set(api.flatMap((exchange) => contract.problems(exchange)))];
}

async function useEverything(github: GithubForge, name: string): Promise<void> {
  await github.self();
  await github.source.head(REPOSITORY, 'main');
  await github.source.head(REPOSITORY, 'main');
  await github.source.commit(REPOSITORY, head);
  await github.source.tarball(REPOSITORY, head);
  await github.source.file(REPOSITORY, head, 'app/main.tf');
  await github.source.file(REPOSITORY, head, 'app');
  await github.source.file(REPOSITORY, head, 'none.tf');
  await github.source.between(REPOSITORY, forge.seed, head);
  await github.source.defaultBranch(REPOSITORY);

  const wanted = { title: 'Change', body: 'Why', head: 'change', base: 'main' };
  const pull = await github.pulls.open(REPOSITORY, wanted);
  await github.pulls.open(REPOSITORY, wanted);
  await github.pulls.get(REPOSITORY, pull.number);
  await github.pulls.ofCommit(REPOSITORY, head);
  await github.pulls.testMerge(REPOSITORY, pull.number);
  await github.pulls.findOpen(REPOSITORY, 'change');
  await github.pulls.edit(REPOSITORY, pull.number, { title: 'Changed', body: 'Because' });

  const body = `<!-- cairn:plan:${name} -->\nHello`;
  const comment = await github.reports.createComment(REPOSITORY, pull.number, body);
  await github.reports.createComment(REPOSITORY, pull.number, body);
  await github.reports.editComment(REPOSITORY, comment, 'Bye');
  await github.reports.react(REPOSITORY, comment, 'eyes');
  const check = {
    name: 'cairn: prod',
    commit: head,
    title: 'Planned',
    summary: '# Plan',
    url: 'https://cairn.example/runs/1',
  };
  const id = await github.reports.check(REPOSITORY, { ...check, state: 'queued', externalId: name }, null);
  for (const state of ['in_progress', 'success', 'neutral', 'failure'] as const) {
    await github.reports.check(REPOSITORY, { ...check, state, externalId: name }, id);
  }
  const deployment = { commit: head, environment: 'prod', description: 'Deploy', runId: name };
  const made = await github.reports.createDeployment(REPOSITORY, deployment);
  await github.reports.createDeployment(REPOSITORY, deployment);
  for (const state of ['queued', 'in_progress', 'success', 'failure', 'inactive'] as const) {
    const status = { state, description: 'Deployed', url: 'https://cairn.example/runs/1' };
    await github.reports.deploymentStatus(REPOSITORY, made, {
      ...status,
      environmentUrl: 'https://shop.example/',
    });
  }

  const drift = { title: 'Drift in prod', body: `<!-- cairn:drift:${name} -->\nHello` };
  const issue = await github.issues.open(REPOSITORY, drift);
  await github.issues.open(REPOSITORY, drift);
  await github.issues.edit(REPOSITORY, issue.number, {
    title: 'Drift in prod',
    body: 'Gone',
    state: 'closed',
  });
  await github.issues.get(REPOSITORY, issue.number);

  const ref = `refs/heads/cairn/${name}`;
  const date = '2026-01-02T03:04:05Z';
  await github.git.ref(REPOSITORY, ref);
  const files = [
    { path: 'state.json', content: '{}' },
    { path: 'logo.bin', content: new Uint8Array([0, 255, 254]) },
  ];
  const first = await github.git.commit(REPOSITORY, { parent: null, message: 'First', files, date });
  const gone = [{ path: 'state.json', content: null }];
  const second = await github.git.commit(REPOSITORY, { parent: first, message: 'Second', files: gone, date });
  await github.git.createRef(REPOSITORY, ref, first);
  await github.git.createRef(REPOSITORY, ref, first);
  await github.git.moveRef(REPOSITORY, ref, second, false);
  await github.git.moveRef(REPOSITORY, ref, head, false);
  const kept = `refs/cairn/ephemeral/${name}`;
  await github.git.createRef(REPOSITORY, kept, first);
  await github.git.deleteRef(REPOSITORY, kept);
  await github.git.deleteRef(REPOSITORY, kept);

  await github.people.whoIs(TOKENS.alice);
  await github.people.whoIs('not-a-token');
  await github.people.permission(REPOSITORY, 'alice');
  await github.people.permission(REPOSITORY, 'stranger');
  const run = forge.forge.addWorkflowRun(REPOSITORY, { sha: head, branch: 'main', actor: 'alice' });
  await github.people.workflowRun(REPOSITORY, run);
}

test('every request of the adapter and every answer of the forge fit, by a token', async () => {
  const github = await forge.adapter('cairn-bot', { fetch: recorder.fetch });

  await useEverything(github, 'token');

  expect(problems()).toEqual([]);
});

test('every request of the adapter and every answer of the forge fit, as an App', async () => {
  const github = await forge.adapter('app', { fetch: recorder.fetch });

  await useEverything(github, 'app');

  expect(problems()).toEqual([]);
});

test.each(['app', 'alice'] as const)('what did not come fits too, as %s', async (who) => {
  const webhookUrl = () => receiver.url;
  const { redelivery } = await forge.adapter(who, { fetch: recorder.fetch, webhookUrl });

  const [ping] = await redelivery.failed(REPOSITORY, new Date(0));
  receiver.answers.push(410);
  await redelivery.again(REPOSITORY, ping?.id ?? '');

  expect(ping?.event).toBe('ping');
  expect(problems()).toEqual([]);
});

test('as an App that is told no installation', async () => {
  const { installationId: _, ...app } = await forge.forge.addApp('cairn');
  const github = await forge.adapter('alice', { fetch: recorder.fetch, auth: { app } });

  const sha = await github.source.head(REPOSITORY, 'main');

  expect(sha).toBe(forge.seed);
  expect(problems()).toEqual([]);
});

test('what the forge answers to others fits too', async () => {
  const at = `/repos/${REPOSITORY}`;
  const call = (method: string, path: string, body?: unknown) =>
    recorder.fetch(`${forge.forge.apiUrl}${path}`, {
      method,
      headers: { authorization: `token ${TOKENS.alice}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const reads = [
    '/user',
    '/users/bob',
    `${at}/branches`,
    `${at}/branches/main`,
    `${at}/commits?sha=main&path=app&per_page=5`,
    `${at}/contents/app?ref=main`,
    `${at}/contents/app%2Fmain.tf?ref=main`,
    `${at}/git/trees/${forge.seed}?recursive=1`,
    `${at}/git/matching-refs/heads%2F`,
    `${at}/pulls?state=all`,
    `${at}/pulls/1/files`,
    `${at}/commits/${head}/check-runs`,
    `${at}/commits/${head}/status`,
    `${at}/commits/${head}/statuses`,
    `${at}/deployments?environment=prod`,
    `${at}/hooks`,
  ];

  for (const path of reads) await call('GET', path);
  const hooks = (await (await call('GET', `${at}/hooks`)).json()) as { id: number }[];
  const deliveries = `${at}/hooks/${hooks[0]?.id}/deliveries`;
  const [delivery] = (await (await call('GET', deliveries)).json()) as { id: number }[];
  await call('GET', `${deliveries}/${delivery?.id}`);
  await call('POST', `${deliveries}/${delivery?.id}/attempts`);
  await call('POST', `${at}/issues/1/comments`, { body: '/cairn help' });
  await call('GET', `${at}/issues/1/comments`);
  await call('PUT', `${at}/pulls/1/merge`, { merge_method: 'squash' });
  await call('GET', `${at}/pulls/1`);

  expect(problems()).toEqual([]);
});

test('all of the adapter was tried: its source names no operation that is not among those', () => {
  const tried = new Set(recorder.exchanges.map((exchange) => normal(contract.operation(exchange) ?? '')));
  const folder = new URL('../../../adapters/github/', import.meta.url);
  const source = readdirSync(folder).map((file) => readFileSync(new URL(file, folder), 'utf8'));
  const named = source.join('').matchAll(/'((?:GET|POST|PUT|PATCH|DELETE) \/[^']*)'/g);

  const untried = [...named]
    .map((match) => match[1] ?? '')
    .filter((operation) => !tried.has(normal(operation)));

  expect(tried.size).toBeGreaterThan(40);
  expect(untried).toEqual([]);
});

/** Octokit and the description give some parameters different names. */
function normal(operation: string): string {
  return operation.replace(/\{\w+\}/g, '{}');
}

test('the check itself finds what does not fit', () => {
  const url = 'https://api.github.com/repos/acme/shop/issues/1/comments?colour=red';
  const wrong = {
    method: 'POST',
    url,
    requestBody: '{"text":1}',
    status: 201,
    contentType: 'application/json',
    responseBody: '{"id":"x"}',
  };

  const found = contract.problems(wrong).join('\n');

  expect(found).toMatch(/no query parameter colour/);
  expect(found).toMatch(/no body parameter text/);
  expect(found).toMatch(/request must have required property 'body'/);
  expect(found).toMatch(/response\/id must be integer/);
  expect(contract.problems({ ...wrong, url: 'https://api.github.com/nowhere' })).toHaveLength(1);
});
