import { diffText } from '../diff.ts';
import { mergeBase } from '../objects.ts';
import type { PullRow, RepositoryRow } from '../state.ts';
import { mergeableNow } from '../test-merge.ts';
import { type Ctx, fullName, gitDir, type World } from '../world.ts';
import { checkList } from './checks.ts';
import { ago, type Html, html, page, raw, repositoryHead, shaLink, who } from './layout.ts';
import { colourFileDiff } from './markdown.ts';
import { stateBadge } from './repository.ts';
import { commentBox, commentForm, people, textBox } from './thread.ts';

/** Diffs above this are cut on the page; git shows the whole. */
const LONGEST_DIFF = 200_000;

export async function pullPage(
  world: World,
  c: Ctx,
  repository: RepositoryRow,
  pull: PullRow,
): Promise<Response> {
  const dir = gitDir(world, repository);
  const from = (await mergeBase(dir, pull.baseSha, pull.headSha)) ?? pull.baseSha;
  const diff = await diffText(dir, from, pull.headSha);
  const comments = repository.comments.filter((comment) => comment.pull === pull.number);
  return page(
    c,
    `${pull.title} #${pull.number}`,
    html`${repositoryHead(repository)}
    <h1>${pull.title} <span class="number">#${pull.number}</span></h1>
    <p>${stateBadge(pull)} ${who(pull.author)} wants to merge
      <code>${pull.headBranch}</code> (${shaLink(repository, pull.headSha)}) into <code>${pull.baseBranch}</code>
      ${ago(world, pull.createdAt)}</p>
    ${textBox(html`${who(pull.author)} ${ago(world, pull.createdAt)}`, pull.body ?? '', '', '')}
    ${comments.map((comment) => commentBox(world, comment))}
    <div class="box"><div class="head"><b>Checks</b> of ${shaLink(repository, pull.headSha)}</div>
      ${checkList(repository, pull.headSha)}</div>
    ${mergeBox(world, repository, pull)}
    ${commentForm(world, repository, `pull/${pull.number}`)}
    <h2>Files changed</h2>
    <pre class="diff"><code>${raw(colourFileDiff(diff.slice(0, LONGEST_DIFF)))}</code></pre>
    ${diff.length > LONGEST_DIFF ? html`<p class="dim">The rest is cut: <code>git diff ${from} ${pull.headSha}</code></p>` : ''}`,
  );
}

function mergeBox(world: World, repository: RepositoryRow, pull: PullRow): Html {
  if (pull.mergedAt !== null) {
    return html`<div class="box"><div class="head done">Merged by <b>${pull.mergedBy}</b> as
      ${shaLink(repository, pull.mergeCommitSha ?? '')} ${ago(world, pull.mergedAt)}</div></div>`;
  }
  if (pull.state === 'closed')
    return html`<div class="box"><div class="head bad">Closed without a merge.</div></div>`;
  const mergeable = mergeableNow(world, repository, pull);
  if (mergeable === false) {
    return html`<div class="box"><div class="head bad">This branch has conflicts with ${pull.baseBranch}.</div></div>`;
  }
  const at = `/${fullName(repository)}/pull/${pull.number}/merge`;
  return html`<div class="box"><div class="head">
    <span class="${mergeable ? 'good' : 'wait'}">${mergeable ? 'No conflicts with' : 'Being merged for a test with'} ${pull.baseBranch}.</span>
    <form class="line" method="post" action="${at}">${people(world, repository, true)}
    <button class="go">Merge pull request</button></form></div></div>`;
}
