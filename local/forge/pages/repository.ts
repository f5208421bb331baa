import { git } from '../git.ts';
import { entryAt, type GitCommit, readBlob, readCommits, readRefs } from '../objects.ts';
import { loginOfEmail } from '../shapes/git.ts';
import type { PullRow, RepositoryRow } from '../state.ts';
import { type Ctx, fullName, gitDir, type World } from '../world.ts';
import { checkSign } from './checks.ts';
import { issueList } from './issue.ts';
import { ago, type Html, html, page, pathOf, raw, repositoryHead, shaLink, who } from './layout.ts';
import { markdown } from './markdown.ts';
import { branchesToOffer, openPullForm } from './open-pull.ts';

export function homePage(world: World, c: Ctx): Promise<Response> {
  const rows = Object.values(world.store.state.repositories);
  return page(
    c,
    'Forge',
    html`<h1>Repositories</h1><div class="box">${rows.map(
      (row) => html`<div class="row"><a class="grow" href="/${fullName(row)}"><b>${fullName(row)}</b></a>
        <span class="dim small">${row.pulls.filter((pull) => pull.state === 'open').length} open pull requests</span>
        ${ago(world, row.pushedAt)}</div>`,
    )}${rows.length === 0 ? html`<div class="row dim">There is none yet.</div>` : ''}</div>`,
  );
}

export async function repositoryPage(world: World, c: Ctx, repository: RepositoryRow): Promise<Response> {
  const dir = gitDir(world, repository);
  const heads = [...(await readRefs(dir, 'refs/heads/'))];
  const main = heads.find(([ref]) => ref === `refs/heads/${repository.defaultBranch}`)?.[1];
  const commits = main ? await commitsOf(dir, main, 10) : [];
  const name = fullName(repository);
  const pulls = [...repository.pulls].reverse();
  const offers = await Promise.all(
    branchesToOffer(repository, heads).map(async ([branch, sha]) =>
      openPullForm(world, repository, branch, (await commitsOf(dir, sha, 1))[0]),
    ),
  );
  return page(
    c,
    name,
    html`${repositoryHead(repository)}
    <p class="dim">${repository.description ?? ''} <code>git clone ${world.url()}/${name}.git</code></p>
    <h2>Pull requests</h2>
    <div class="box">${offers}${pulls.map((pull) => pullRow(world, repository, pull))}${
      pulls.length + offers.length === 0 ? html`<div class="row dim">There is none yet.</div>` : ''
    }</div>
    ${issueList(world, repository)}
    ${environments(world, repository)}
    <h2>Branches</h2>
    <div class="box">${heads.map(([ref, sha]) => {
      const branch = ref.slice('refs/heads/'.length);
      return html`<div class="row"><a class="grow" href="/${name}/tree/${pathOf(branch)}"><b>${branch}</b></a>
        ${checkSign(repository, sha)} ${shaLink(repository, sha)}
        <a class="small" href="/${name}/commits/${pathOf(branch)}">commits</a></div>`;
    })}${heads.length === 0 ? html`<div class="row dim">Nothing was pushed yet.</div>` : ''}</div>
    <h2>Recent commits of ${repository.defaultBranch}</h2>
    ${commitList(world, repository, commits)}
    ${main ? await readme(dir, main, '') : ''}`,
  );
}

function pullRow(world: World, repository: RepositoryRow, pull: PullRow): Html {
  return html`<div class="row">${stateBadge(pull)}
    <a class="grow" href="/${fullName(repository)}/pull/${pull.number}"><b>${pull.title}</b> <span class="dim">#${pull.number}</span></a>
    ${checkSign(repository, pull.headSha)} <span class="small">${who(pull.author)}</span> ${ago(world, pull.createdAt)}</div>`;
}

export function stateBadge(pull: PullRow): Html {
  const open = pull.draft ? 'draft' : 'open';
  const state = pull.mergedAt !== null ? 'merged' : pull.state === 'closed' ? 'closed' : open;
  return html`<span class="badge ${state}">${state}</span>`;
}

/** The newest deployment of each environment. */
function environments(world: World, repository: RepositoryRow): Html {
  const newest = [...new Map(repository.deployments.map((row) => [row.environment, row])).values()];
  if (newest.length === 0) return html``;
  return html`<h2>Deployments</h2><div class="box">${newest.map((row) => {
    const last = row.statuses.at(-1);
    const state = last?.state ?? 'pending';
    const isBad = ['failure', 'error'].includes(state);
    const kind = state === 'success' ? 'good' : isBad ? 'bad' : state === 'inactive' ? 'dim' : 'wait';
    return html`<div class="row"><span class="grow"><b>${row.environment}</b>
      <span class="${kind}">${state}</span> <span class="dim">${last?.description || (row.description ?? '')}</span></span>
      ${shaLink(repository, row.sha)} ${ago(world, last?.createdAt ?? row.createdAt)}</div>`;
  })}</div>`;
}

export async function commitsOf(dir: string, start: string, count: number): Promise<GitCommit[]> {
  const text = await git(dir, ['rev-list', `--max-count=${count}`, start]);
  return readCommits(
    dir,
    text.split('\n').filter((line) => line !== ''),
  );
}

export function commitList(world: World, repository: RepositoryRow, commits: GitCommit[]): Html {
  return html`<div class="box">${commits.map(
    (commit) => html`<div class="row"><span class="grow">${commit.message.split('\n')[0]}</span>
      ${checkSign(repository, commit.sha)}
      <span class="small">${who(loginOfEmail(world, commit.author.email) ?? commit.author.name)}</span>
      ${ago(world, commit.author.date)} ${shaLink(repository, commit.sha)}</div>`,
  )}${commits.length === 0 ? html`<div class="row dim">There is none yet.</div>` : ''}</div>`;
}

/** README.md of a folder, rendered. */
export async function readme(dir: string, commit: string, folder: string): Promise<Html> {
  const entry = await entryAt(dir, commit, folder === '' ? 'README.md' : `${folder}/README.md`);
  const bytes = entry?.type === 'blob' ? await readBlob(dir, entry.sha) : null;
  if (bytes === null) return html``;
  return html`<div class="box"><div class="head"><b>README.md</b></div>
    <div class="body markdown">${raw(markdown(bytes.toString('utf8')))}</div></div>`;
}
