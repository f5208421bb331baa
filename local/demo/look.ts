import { setTimeout as sleep } from 'node:timers/promises';

/** How the story looks at what it tells: nothing is claimed that was not seen. */

const PATIENCE_MS = 180_000;

export async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error(`waited ${PATIENCE_MS / 1000} s for ${what}`);
    await sleep(100);
  }
}

export async function getJson(url: string): Promise<Record<string, unknown>> {
  return (await (await fetch(url)).json()) as Record<string, unknown>;
}

export async function post(url: string, token: string, body: unknown): Promise<Record<string, unknown>> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as Record<string, unknown>;
}

export function expectThat(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(`The story went wrong: ${otherwise}`);
}

/** A comment without the parts that only GitHub shows well. */
export function readable(markdown: string): string {
  return markdown
    .replace(/<!--.*?-->\n?/gs, '')
    .replace(/<\/?(details|summary|sub|code|b|strong|br)[^>]*>/g, '')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}
