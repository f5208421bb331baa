import { setTimeout as sleep } from 'node:timers/promises';
import { json } from './http.mjs';
import { plain, say } from './say.mjs';

const PAUSE = 3000;

/** Asks a server on one machine over its HTTP API, and waits for the runs that it started. */
export async function askApi(inputs, env) {
  const { command, url, token, repository, workflowRun, attempt, step } = inputs;
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const answer = await json('Cairn refused', `${url}/api/v1/requests`, {
    method: 'POST',
    headers: { ...headers, 'idempotency-key': `actions-${workflowRun}.${attempt}/${step}` },
    body: JSON.stringify({ command, repository, ...(await asked(inputs, headers)) }),
  });
  const runs = [...(answer.started ?? []), ...(answer.runId ? [answer.runId] : [])];
  const [first] = runs;
  if (first === undefined)
    return { run: '', state: 'succeeded', url: '', title: answer.message ?? 'Nothing to do.' };
  for (const id of runs) say('info', `Run ${id}: ${answer.urls?.[id] ?? ''}`);
  // What waits goes on by itself now, and whoever asked for it waits for its end.
  if (command === 'approve' || command === 'reject') {
    return { run: first, state: 'succeeded', url: answer.urls?.[first] ?? '', title: answer.message ?? '' };
  }
  if (!inputs.wait)
    return { run: first, state: 'asked', url: answer.urls?.[first] ?? '', title: 'Asked; not waited for.' };

  const until = Date.now() + inputs.timeout;
  const ended = [];
  for (const id of runs)
    ended.push(await endOf(id, inputs, headers, until, Number(env['CAIRN_PAUSE'] ?? PAUSE)));
  // Several runs (a pull request's, one per environment) are as good as the worst of them.
  return ended.find(({ state }) => state !== 'succeeded') ?? ended[0];
}

async function asked({ command, ask, url, repository, branch }, headers) {
  if (command === 'ephemeral') return { ref: branch, ...ask };
  const { name, ...rest } = ask;
  if (name === undefined) return rest;
  const address = `${url}/api/v1/ephemerals/${repository}/${encodeURIComponent(name)}`;
  const { environment } = await json('Cairn', address, { headers });
  return { ...rest, environment };
}

async function endOf(id, { url, timeout }, headers, until, pause) {
  let shown = '';
  for (;;) {
    const view = await json('Cairn', `${url}/api/v1/runs/${id}`, { headers });
    const { run } = view;
    const line = `${run.state}: ${run.title}`;
    if (line !== shown) say('info', line);
    shown = line;
    if (run.endedAt !== null) {
      return { run: id, state: run.state, title: run.title, url: view.url, details: detailsOf(view) };
    }
    if (Date.now() >= until) {
      const title = `Not over after ${Math.round(timeout / 60_000)} minutes (${line}); it goes on.`;
      return { run: id, state: 'timeout', title, url: view.url };
    }
    await sleep(pause);
  }
}

/** What a run leaves for people: outputs and end of an environment, what a command printed. */
function detailsOf({ ephemeral, terraform }) {
  if (terraform?.output) return fenced(terraform.output);
  if (!ephemeral) return '';
  const rows = Object.entries(ephemeral.outputs ?? {}).map(
    ([name, value]) => `- ${plain(`${name}: ${value}`)}`,
  );
  return [...rows, `- ends: ${ephemeral.endsAt ?? 'never'}`].join('\n');
}

/** A fence longer than any in the text. */
function fenced(text) {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}\n${text.trimEnd()}\n${fence}`;
}
