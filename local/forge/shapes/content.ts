import type { TreeRow } from '../objects.ts';
import type { RepositoryRow } from '../state.ts';
import type { World } from '../world.ts';
import { apiUrl, pageUrl } from './repository.ts';

/** GitHub's `content-file` (with its bytes), or the row of a directory's listing (without). */
export function contentShape(
  world: World,
  repository: RepositoryRow,
  ref: string,
  entry: TreeRow,
  bytes: Buffer | null,
) {
  const path = entry.path.split('/').map(encodeURIComponent).join('/');
  const url = `${apiUrl(world, repository)}/contents/${path}?ref=${encodeURIComponent(ref)}`;
  const git = `${apiUrl(world, repository)}/git/${entry.type === 'tree' ? 'trees' : 'blobs'}/${entry.sha}`;
  const kind = entry.type === 'tree' ? 'tree' : 'blob';
  const html = `${pageUrl(world, repository)}/${kind}/${encodeURI(ref)}/${path}`;
  const raw = `${pageUrl(world, repository)}/raw/${encodeURI(ref)}/${path}`;
  const type = entry.type === 'tree' ? 'dir' : entry.type === 'commit' ? 'submodule' : 'file';
  // GitHub leaves out the content of files over 1 MB.
  const shown = bytes !== null && bytes.length <= 1_048_576;
  return {
    type,
    name: entry.path.split('/').at(-1) ?? '',
    path: entry.path,
    sha: entry.sha,
    size: bytes?.length ?? entry.size ?? 0,
    url,
    html_url: html,
    git_url: git,
    download_url: type === 'file' ? raw : null,
    _links: { self: url, git, html },
    ...(bytes === null ? {} : { encoding: shown ? 'base64' : 'none', content: shown ? lines(bytes) : '' }),
  };
}

/** Base64 in lines of 60, as GitHub sends it. */
function lines(bytes: Buffer): string {
  return bytes.toString('base64').replace(/.{1,60}/g, (line) => `${line}\n`);
}
