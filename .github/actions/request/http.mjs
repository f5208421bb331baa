import { setTimeout as sleep } from 'node:timers/promises';
import { Trouble } from './say.mjs';

const ONE_ANSWER = 60_000;
const TRIES = 5;

/**
 * A request for JSON, tried again where that can help. Throws Trouble with what the other side said.
 * `what` names it for people.
 */
export async function json(what, url, { headers, ...rest }) {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await once(url, { ...rest, headers: { accept: 'application/json', ...headers } });
    if (answer.ok) return answer.body;
    if (attempt >= TRIES || !answer.again) throw new Trouble(`${what}: ${answer.problem}`);
    await sleep(Math.min(30_000, 1000 * 2 ** attempt));
  }
}

async function once(url, request) {
  let response;
  try {
    response = await fetch(url, { ...request, redirect: 'error', signal: AbortSignal.timeout(ONE_ANSWER) });
  } catch (error) {
    return { ok: false, again: true, problem: `${new URL(url).host} does not answer (${reason(error)}).` };
  }
  const text = await response.text();
  const body = parsed(text);
  if (response.ok) return { ok: true, body };
  const said = body?.message ?? body?.error ?? text.slice(0, 500);
  const again = response.status === 429 || response.status >= 500;
  return {
    ok: false,
    again,
    problem: `${response.status}: ${typeof said === 'string' ? said : JSON.stringify(said)}`,
  };
}

function reason(error) {
  const cause = error.cause?.code ?? error.cause?.message;
  return cause ?? error.message;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
