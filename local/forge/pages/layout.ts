import { html, raw } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';
import type { RepositoryRow } from '../state.ts';
import { type Ctx, fullName, type World } from '../world.ts';

export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

/** Whatever gets past the escaping: no script runs, nothing is loaded from elsewhere. */
const POLICY =
  "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

export async function page(c: Ctx, title: string, body: Html): Promise<Response> {
  c.header('content-security-policy', POLICY);
  c.header('x-content-type-options', 'nosniff');
  c.header('referrer-policy', 'no-referrer');
  c.header('cache-control', 'no-store');
  return c.html(html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="/avatars/forge" type="image/svg+xml">
<title>${title}</title>
<link rel="stylesheet" href="/style.css">
</head>
<body>
<header class="top"><a href="/">Forge</a><span class="dim small">a GitHub on this machine</span></header>
<main>${body}</main>
</body>
</html>`);
}

export function repositoryHead(repository: RepositoryRow): Html {
  const name = fullName(repository);
  return html`<h1><a href="/${name}">${name}</a></h1>`;
}

export function who(login: string): Html {
  return html`<img class="avatar" src="/avatars/${encodeURIComponent(login)}" width="20" height="20" alt=""><b>${login}</b>`;
}

/** How long ago, as people say it; the exact time is in the title. */
export function ago(world: World, iso: string): Html {
  const seconds = Math.max(0, (world.clock.now().getTime() - Date.parse(iso)) / 1000);
  const steps: [number, string][] = [
    [86_400, 'day'],
    [3600, 'hour'],
    [60, 'minute'],
  ];
  const [unit, name] = steps.find(([size]) => seconds >= size) ?? [1, 'second'];
  const count = Math.floor(seconds / unit);
  const text = seconds < 5 ? 'just now' : `${count} ${name}${count === 1 ? '' : 's'} ago`;
  return html`<span class="dim small" title="${iso}">${text}</span>`;
}

export function shaLink(repository: RepositoryRow, sha: string): Html {
  return html`<a class="mono" href="/${fullName(repository)}/commit/${sha}">${sha.slice(0, 7)}</a>`;
}

/** An address for a path or branch: slashes stay, all else is encoded. */
export function pathOf(text: string): string {
  return text.split('/').map(encodeURIComponent).join('/');
}

export { html, raw };
