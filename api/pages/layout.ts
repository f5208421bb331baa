import { html, raw } from 'hono/html';
import type { Html } from './parts.ts';

interface Page {
  title: string;
  body: Html;
  /** Who is signed in; null where nobody needs to. */
  login?: string | null;
  /** Inline script with the nonce that the page's policy allows. */
  script?: { nonce: string; code: string };
  /** For `<body>`: what the script needs to know, as `data-…`. */
  data?: Record<string, string>;
  refresh?: string;
}

/** Three stones on each other. */
const MARK = raw(
  '<svg viewBox="0 0 32 32" width="26" height="26" aria-hidden="true"><ellipse cx="16" cy="25" rx="13" ry="4.6"/><ellipse cx="16.6" cy="16" rx="9" ry="4"/><ellipse cx="15.6" cy="8.4" rx="5.4" ry="3.1"/></svg>',
);

export function layout(page: Page): Html {
  const data = Object.entries(page.data ?? {}).map(([name, value]) => html` data-${raw(name)}="${value}"`);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
${page.refresh === undefined ? '' : html`<meta http-equiv="refresh" content="0;url=${page.refresh}">`}
<title>${page.title} · Cairn</title>
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/style.css">
</head>
<body${data}>
<header><a class="brand" href="/">${MARK}<span>Cairn</span></a>${
    page.login ? html`<span class="who">@${page.login}</span>` : ''
  }</header>
<main>
${page.body}
</main>
${page.script ? html`<script nonce="${page.script.nonce}">${raw(page.script.code)}</script>` : ''}
</body>
</html>`;
}

export const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" fill="#5c8a72"><ellipse cx="16" cy="25" rx="13" ry="4.6"/><ellipse cx="16.6" cy="16" rx="9" ry="4"/><ellipse cx="15.6" cy="8.4" rx="5.4" ry="3.1"/></svg>';
