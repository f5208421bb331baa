/** Paths of links, with their targets as written. */
export type Links = ReadonlyMap<string, string>;

/** As many as Linux follows before it answers ELOOP. */
const MOST = 40;

/**
 * Where a path really leads, each link on the way followed as the operating system does (a `..` behind a link
 * is the parent of what the link points at). Null if that is outside of the checkout, or never ends. What it
 * leads to need not be there. The root is `.`.
 */
export function resolveLinks(links: Links, path: string): string | null {
  const ahead = path.split('/').reverse();
  const at: string[] = [];
  let followed = 0;
  while (ahead.length > 0) {
    const part = ahead.pop();
    if (part === undefined || part === '' || part === '.') continue;
    if (part === '..') {
      if (at.pop() === undefined) return null;
      continue;
    }
    at.push(part);
    const target = links.size > 0 ? links.get(at.join('/')) : undefined;
    if (target === undefined) continue;
    followed++;
    if (followed > MOST || target.startsWith('/')) return null;
    at.pop();
    ahead.push(...target.split('/').reverse());
  }
  return at.length === 0 ? '.' : at.join('/');
}

/** `join('a/b', '../c')` is `a/c`; null if it leaves the root. The root is `.`. */
export function joinPath(dir: string, path: string): string | null {
  // Nearly every path is some `../` and then plain names.
  let base = dir === '.' ? '' : dir;
  let from = path.startsWith('./') ? 2 : 0;
  while (path.startsWith('../', from)) {
    if (base === '') return null;
    base = base.slice(0, Math.max(0, base.lastIndexOf('/')));
    from += 3;
  }
  const rest = from === 0 ? path : path.slice(from);
  if (!UNCLEAN.test(rest)) return base === '' ? rest : `${base}/${rest}`;
  return joinSlowly(base, rest);
}

const UNCLEAN = /^$|^\/|(?:^|\/)\.{0,2}(?:\/|$)/;

function joinSlowly(dir: string, path: string): string | null {
  const at = dir === '' ? [] : dir.split('/');
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') at.push(part);
    else if (at.pop() === undefined) return null;
  }
  return at.length === 0 ? '.' : at.join('/');
}

/** Folder of a path; `.` for one at the root. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '.' : path.slice(0, slash);
}
