import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { json } from './http.mjs';
import { say, Trouble } from './say.mjs';

const AUDIENCE = 'sts.amazonaws.com';
const PAUSE = 10_000;
/** Of what EventBridge takes. */
const LONGEST_TYPE = 128;

/**
 * Puts one event on Cairn's bus, in the role that the workflow may assume by OIDC and that may do nothing else. The
 * result comes back through GitHub: a check on the workflow's commit whose external id is that of this step.
 */
export async function askAws(inputs, env) {
  const { command, ask, repository, branch, workflowRun, attempt, step } = inputs;
  const detail = { ...ask, run_id: Number(workflowRun), step };
  const type = `${command}:${repository}:${branch}`;
  if (type.length > LONGEST_TYPE)
    throw new Trouble(
      `An event cannot name the branch ${branch}: "${type}" has over ${LONGEST_TYPE} characters.`,
    );
  const event = {
    Source: 'cairn.actions',
    DetailType: type,
    Detail: JSON.stringify(detail),
    EventBusName: 'cairn',
  };
  await withWebIdentity(inputs, env, (awsEnv) => putEvent(event, awsEnv));
  say('info', `Asked for ${command} on the bus of ${inputs.region}.`);
  if (!inputs.wait) return { run: '', state: 'asked', url: '', title: 'Asked; not waited for.' };
  return waitForCheck(
    inputs,
    `actions-${workflowRun}.${attempt}/${step}`,
    Number(env['CAIRN_PAUSE'] ?? PAUSE),
  );
}

/** The AWS CLI changes the workflow's identity into the role's by itself, given the token in a file. */
async function withWebIdentity({ role, region }, env, work) {
  const [url, bearer] = [env['ACTIONS_ID_TOKEN_REQUEST_URL'], env['ACTIONS_ID_TOKEN_REQUEST_TOKEN']];
  if (!url || !bearer) {
    throw new Trouble('The job may not ask for an OIDC token: give it `permissions: id-token: write`.');
  }
  const { value } = await json('GitHub gave no OIDC token', `${url}&audience=${AUDIENCE}`, {
    headers: { authorization: `Bearer ${bearer}` },
  });
  const folder = mkdtempSync(path.join(env['RUNNER_TEMP'] ?? tmpdir(), 'cairn-'));
  try {
    const file = path.join(folder, 'token');
    writeFileSync(file, value, { mode: 0o600 });
    const session = `cairn-${env['GITHUB_RUN_ID']}`;
    await work({
      ...without(env, OTHER_IDENTITIES),
      // Version 1 of the CLI knows the second one only.
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_ROLE_ARN: role,
      AWS_ROLE_SESSION_NAME: session,
      AWS_WEB_IDENTITY_TOKEN_FILE: file,
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A step before may have taken another role: the CLI would rather be that one. */
const OTHER_IDENTITIES = [
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_PROFILE',
  'AWS_DEFAULT_PROFILE',
];

function without(env, names) {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !names.includes(name)));
}

function putEvent(event, env) {
  const args = ['events', 'put-events', '--output', 'json', '--entries', JSON.stringify([event])];
  let answer;
  try {
    answer = JSON.parse(
      execFileSync('aws', args, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }),
    );
  } catch (error) {
    if (error.code === 'ENOENT')
      throw new Trouble('The AWS CLI (`aws`) is not on this runner: install it in a step before.');
    const said = (error.stderr || error.message).trim().slice(0, 1000);
    const hint = /AssumeRoleWithWebIdentity|AccessDenied/.test(said) ? ` ${WHO_MAY}` : '';
    throw new Trouble(`AWS refused the event: ${said}${hint}`);
  }
  const [entry] = answer.Entries ?? [];
  if (answer.FailedEntryCount > 0)
    throw new Trouble(`AWS did not take the event: ${entry?.ErrorCode} ${entry?.ErrorMessage}`);
}

const WHO_MAY =
  'The role is for one branch and the commands that cairn.infra.yaml names, in jobs without `environment:`, and never for workflows that a pull request or a tag starts.';

async function waitForCheck({ githubApi, githubToken, repository, commit, timeout }, key, pause) {
  const until = Date.now() + timeout;
  const headers = { authorization: `Bearer ${githubToken}`, 'x-github-api-version': '2022-11-28' };
  let shown = '';
  for (;;) {
    const check = await findCheck(
      `${githubApi}/repos/${repository}/commits/${commit}/check-runs`,
      key,
      headers,
    );
    const line = check ? `${check.status}: ${check.output?.title ?? ''}` : 'Waits for Cairn to take it up.';
    if (line !== shown) say('info', line);
    shown = line;
    if (check?.status === 'completed') return resultOf(check);
    if (Date.now() >= until) {
      const title = `Not over after ${Math.round(timeout / 60_000)} minutes (${line}); what was asked goes on.`;
      return { run: '', state: 'timeout', title, url: check?.details_url ?? '' };
    }
    await sleep(pause);
  }
}

async function findCheck(address, key, headers) {
  for (let page = 1; page <= 10; page += 1) {
    const { check_runs: checks } = await json(
      'GitHub',
      `${address}?filter=latest&per_page=100&page=${page}`,
      { headers },
    );
    // Any workflow with `checks: write` could write one under this name.
    const found = checks.find(({ external_id: id, app }) => id === key && app?.slug !== 'github-actions');
    if (found) return found;
    if (checks.length < 100) return null;
  }
  return null;
}

/** How the run ended stands in the first line; an answer without a run, and a Cairn of before, has none. */
const MARKER = /^<!-- cairn:state:([a-z-]+) -->\s*/;
const STATE = { success: 'succeeded', neutral: 'superseded' };

function resultOf({ conclusion, output, details_url: url }) {
  const summary = output?.summary ?? '';
  return {
    run: url?.split('/').at(-1) ?? '',
    state: MARKER.exec(summary)?.[1] ?? STATE[conclusion] ?? 'failed',
    title: output?.title ?? '',
    details: summary.replace(MARKER, ''),
    url: url ?? '',
  };
}
