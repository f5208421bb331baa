import { html } from 'hono/html';
import type { Run } from '../../core/requests/run.ts';
import type { RepositoryView } from '../environments.ts';
import { environmentCard } from './environment.ts';
import { ephemeralsSection } from './ephemerals.ts';
import { type Html, NOTHING } from './parts.ts';
import { runTable } from './run-table.ts';

export function homeBody(repositories: RepositoryView[], runs: Run[], now: Date): Html {
  if (repositories.length === 0) {
    return html`<section class="card narrow"><h1>Nothing to see</h1>
<p>This server watches no repository that you can read.</p></section>`;
  }
  return html`${repositories.map((repository) => repositorySection(repository, now))}
<section><h2>Recent runs</h2>${runTable(runs, repositories.length > 1, now)}</section>`;
}

function repositorySection(
  { repository, environments, ephemerals, problem }: RepositoryView,
  now: Date,
): Html {
  return html`<section>
<h1>${repository}</h1>
${problem === null ? NOTHING : html`<p class="problem">Its environments cannot be shown: ${problem}</p>`}
<div class="grid">${environments.map((environment) => environmentCard(environment, now))}</div>
</section>
${ephemeralsSection(ephemerals, now)}`;
}
