import { issuesOf } from '../api/issues.ts';
import type { IssueRow, RepositoryRow } from '../state.ts';
import { type Ctx, fullName, type World } from '../world.ts';
import { ago, type Html, html, page, repositoryHead, who } from './layout.ts';
import { commentBox, commentForm, textBox } from './thread.ts';

export function issuePage(
  world: World,
  c: Ctx,
  repository: RepositoryRow,
  issue: IssueRow,
): Promise<Response> {
  const comments = repository.comments.filter((comment) => comment.pull === issue.number);
  const closed =
    issue.closedAt === null
      ? ''
      : html`<div class="box"><div class="head done">Closed by <b>${issue.closedBy}</b> ${ago(world, issue.closedAt)}</div></div>`;
  return page(
    c,
    `${issue.title} #${issue.number}`,
    html`${repositoryHead(repository)}
    <h1>${issue.title} <span class="number">#${issue.number}</span></h1>
    <p>${badge(issue)} ${who(issue.author)} opened this ${ago(world, issue.createdAt)}</p>
    ${textBox(html`${who(issue.author)} ${ago(world, issue.updatedAt)}`, issue.body ?? '', '', '')}
    ${comments.map((comment) => commentBox(world, comment))}
    ${closed}
    ${commentForm(world, repository, `issues/${issue.number}`)}`,
  );
}

/** Of a repository's page; nothing where there never was an issue. */
export function issueList(world: World, repository: RepositoryRow): Html {
  const issues = [...issuesOf(repository)].reverse();
  if (issues.length === 0) return html``;
  return html`<h2>Issues</h2>
    <div class="box">${issues.map(
      (issue) => html`<div class="row">${badge(issue)}
        <a class="grow" href="/${fullName(repository)}/issues/${issue.number}"><b>${issue.title}</b> <span class="dim">#${issue.number}</span></a>
        <span class="small">${who(issue.author)}</span> ${ago(world, issue.updatedAt)}</div>`,
    )}</div>`;
}

function badge({ state }: IssueRow): Html {
  return html`<span class="badge ${state === 'closed' ? 'merged' : state}">${state}</span>`;
}
