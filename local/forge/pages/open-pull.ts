import type { GitCommit } from '../objects.ts';
import type { RepositoryRow } from '../state.ts';
import { fullName, type World } from '../world.ts';
import { type Html, html } from './layout.ts';
import { people } from './thread.ts';

/** Branches of people of which no pull request tells yet. */
export function branchesToOffer(repository: RepositoryRow, heads: [string, string][]): [string, string][] {
  return heads
    .map(([ref, sha]): [string, string] => [ref.slice('refs/heads/'.length), sha])
    .filter(([branch]) => branch !== repository.defaultBranch && !branch.startsWith('cairn/'))
    .filter(([branch, sha]) =>
      repository.pulls.every(
        (pull) => pull.headBranch !== branch || (pull.state === 'closed' && pull.headSha !== sha),
      ),
    );
}

/** A pushed branch, with the button that makes a pull request of it. */
export function openPullForm(
  world: World,
  repository: RepositoryRow,
  branch: string,
  newest: GitCommit | undefined,
): Html {
  const title = newest?.message.split('\n')[0] ?? branch;
  return html`<div class="row"><form class="line grow" method="post" action="/${fullName(repository)}/pulls">
    <code>${branch}</code> <input type="hidden" name="head" value="${branch}">
    <input class="grow" name="title" value="${title}" required maxlength="256" aria-label="Title of the pull request">
    ${people(world, repository, false)} <button class="go">Open a pull request</button></form></div>`;
}
