import { html } from 'hono/html';
import { layout } from './layout.ts';
import type { Html } from './parts.ts';

export function loginPage(next: string, problem: string | null): Html {
  return layout({
    title: 'Sign in',
    body: html`<section class="card narrow">
<h1>Sign in</h1>
<p>Paste the admin token of this server (the file <code>admin.token</code> in its data folder), or a GitHub token of
yours: then you see the repositories that you can read. It is asked for once and not stored.</p>
${problem === null ? '' : html`<p class="problem" role="alert">${problem}</p>`}
<form method="post" action="/login">
<input type="hidden" name="next" value="${next}">
<label for="token">Token</label>
<input id="token" name="token" type="password" autocomplete="off" required autofocus>
<button>Sign in</button>
</form>
</section>`,
  });
}
