import { html } from 'hono/html';
import type { EphemeralView } from '../ephemerals.ts';
import { ago, badge, commit, environmentPath, type Html, link, NOTHING, runPath } from './parts.ts';

/** More than these are folded, so that a repository with many is still a page. Leaked ones never are. */
const SHOWN = 12;
/** Addresses of what is left; the run has them all. */
const MOST_LEFT = 10;

export function ephemeralsSection(all: EphemeralView[], now: Date): Html {
  if (all.length === 0) return NOTHING;
  const leaked = all.filter(({ state }) => state === 'leaked').length;
  const shown = Math.max(SHOWN, leaked);
  const [first, folded] = [all.slice(0, shown), all.slice(shown)];
  return html`<section class="ephemerals"><h2>Ephemeral environments <span class="quiet">${all.length}</span></h2>
${leaked > 0 ? html`<p class="problem" role="alert">${leaked === 1 ? 'One of them' : `${leaked} of them`} could not be destroyed: what is left still runs, and costs.</p>` : NOTHING}
${tableOf(first, now)}
${folded.length === 0 ? NOTHING : html`<details id="more-ephemerals"><summary>and ${folded.length} more</summary>${tableOf(folded, now)}</details>`}
</section>`;
}

function tableOf(views: EphemeralView[], now: Date): Html {
  return html`<div class="scroll"><table class="stack">
<thead><tr><th>Environment</th><th>Made from</th><th>Owner</th><th>Made</th><th>Ends in</th><th>State</th></tr></thead>
<tbody>${views.map((view) => row(view, now))}</tbody></table></div>`;
}

function row(view: EphemeralView, now: Date): Html {
  const { repository, environment, state, ref, owner, pull, createdAt, endsAt, endsIn, run } = view;
  const url = urlOf(view.outputs);
  const isTimed = state === 'launching' || state === 'ready';
  return html`<tr class="${state === 'leaked' ? 'is-bad' : ''}">
<td data-label="Environment"><strong><a href="${environmentPath(repository, environment)}">${environment}</a></strong>${url === null ? NOTHING : html`<div>${link(url, url)}</div>`}${leftOf(view)}</td>
<td data-label="Made from">${ref}${pull === null ? NOTHING : html` <span class="quiet">#${pull}</span>`} ${commit(view.commit)}</td>
<td data-label="Owner">${owner === null ? html`<span class="quiet">–</span>` : `@${owner}`}</td>
<td data-label="Made" class="nowrap">${ago(createdAt, now)}</td>
<td data-label="${isTimed ? 'Ends in' : ''}" class="nowrap">${endsAt === null || !isTimed ? endsIn : html`<time datetime="${endsAt}" title="${endsAt.slice(0, 16).replace('T', ' ')} UTC">${endsIn}</time>`}</td>
<td data-label="State"><a class="plain" href="${runPath(run.id)}">${badge(state)}</a></td>
</tr>`;
}

function leftOf({ left, helps }: EphemeralView): Html {
  if (helps === null) return NOTHING;
  return html`${whatIsLeft(left)}<pre class="command">${helps}</pre>`;
}

/** What a destroy left, by project. */
export function whatIsLeft(left: EphemeralView['left']): Html {
  const projects = Object.entries(left);
  if (projects.length === 0) return html`<p class="reason">What is left is not known.</p>`;
  return html`<ul class="left">${projects.map(
    ([project, addresses]) =>
      html`<li class="reason"><strong>${project}</strong>: ${addresses === null ? 'what is left could not be told' : listed(addresses)}</li>`,
  )}</ul>`;
}

function listed(addresses: string[]): Html {
  const more = addresses.length - MOST_LEFT;
  const shown = addresses
    .slice(0, MOST_LEFT)
    .map((address, index) => html`${index === 0 ? '' : ', '}<code>${address}</code>`);
  return html`${shown}${more > 0 ? ` and ${more} more` : ''}`;
}

/** Where it answers: an output called `url`, else any that is an address. */
export function urlOf(outputs: Record<string, string>): string | null {
  const addresses = Object.entries(outputs).filter(([, value]) => /^https?:\/\//i.test(value));
  const named = addresses.find(([name]) => name === 'url' || name.endsWith('.url'));
  return (named ?? addresses[0])?.[1] ?? null;
}
