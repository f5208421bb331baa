import type { CommentRow, RepositoryRow } from '../state.ts';
import { canWrite, fullName, permissionOf, type World } from '../world.ts';
import { ago, type Html, html, raw, who } from './layout.ts';
import { commentMarkdown } from './markdown.ts';

const FACES: Record<string, string> = {
  '+1': '👍',
  '-1': '👎',
  laugh: '😄',
  confused: '😕',
  heart: '❤️',
  hooray: '🎉',
  rocket: '🚀',
  eyes: '👀',
};

export function commentBox(world: World, comment: CommentRow): Html {
  const edited =
    comment.updatedAt === comment.createdAt
      ? ''
      : html`<span class="dim small"> · edited</span> ${ago(world, comment.updatedAt)}`;
  const counts = new Map<string, number>();
  for (const { content } of comment.reactions) counts.set(content, (counts.get(content) ?? 0) + 1);
  const faces = [...counts].map(
    ([content, count]) => html`<span class="react">${FACES[content] ?? content} ${count}</span>`,
  );
  const head = html`${who(comment.author)} ${ago(world, comment.createdAt)}${edited}`;
  return textBox(
    head,
    comment.body,
    faces.length === 0 ? '' : html`<p>${faces}</p>`,
    `issuecomment-${comment.id}`,
  );
}

export function textBox(head: Html, body: string, foot: Html | '', id: string): Html {
  const inner =
    body.trim() === '' ? html`<span class="dim">No description.</span>` : raw(commentMarkdown(body));
  return html`<div class="box" id="${id}"><div class="head">${head}</div>
    <div class="body markdown">${inner}${foot}</div></div>`;
}

export function commentForm(world: World, repository: RepositoryRow, at: string): Html {
  return html`<form method="post" action="/${fullName(repository)}/${at}/comment">
    <textarea name="body" required placeholder="A comment, or a command such as /cairn plan"></textarea>
    <div class="line">${people(world, repository, false)} <button class="go">Comment</button></div></form>`;
}

/** Who acts: on this forge everybody at the keyboard may be anybody. */
export function people(world: World, repository: RepositoryRow, writers: boolean): Html {
  const logins = world.store.state.users
    .filter((user) => user.type === 'User')
    .map((user) => user.login)
    .filter((login) => (writers ? canWrite(repository, login) : permissionOf(repository, login) !== 'none'));
  return html`<label class="small dim">as <select name="login">${logins.map(
    (login) => html`<option>${login}</option>`,
  )}</select></label>`;
}
