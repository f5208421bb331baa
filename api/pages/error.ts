import { html } from 'hono/html';
import { layout } from './layout.ts';
import type { Html } from './parts.ts';

const TITLES: Record<number, string> = {
  400: 'That does not fit',
  403: 'Not for you',
  404: 'Not found',
  503: 'Not now',
};

export function errorPage(status: number, message: string): Html {
  const title = TITLES[status] ?? 'Something went wrong';
  return layout({
    title,
    body: html`<section class="card narrow"><h1>${title}</h1><p>${message}</p><p><a href="/">All environments</a></p></section>`,
  });
}
