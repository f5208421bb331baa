import { git } from './git.ts';

export interface FileDiff {
  path: string;
  previousPath: string | null;
  status: 'added' | 'removed' | 'modified' | 'renamed' | 'changed';
  sha: string;
  additions: number;
  deletions: number;
}

const LETTERS: Record<string, FileDiff['status']> = {
  A: 'added',
  D: 'removed',
  M: 'modified',
  R: 'renamed',
  T: 'changed',
};

/** Files that differ between two commits, with line counts. */
export async function diffFiles(dir: string, from: string, to: string): Promise<FileDiff[]> {
  const parts = (
    await git(dir, ['diff-tree', '-r', '-z', '-M', '--raw', '--numstat', '--no-abbrev', from, to])
  ).split('\0');
  const files = new Map<string, FileDiff>();
  let at = 0;
  while (at < parts.length) {
    const part = parts[at++] ?? '';
    if (part.startsWith(':')) {
      const [, , before = '', after = '', letter = 'M'] = part.split(' ');
      const status = LETTERS[letter.slice(0, 1)] ?? 'modified';
      const first = parts[at++] ?? '';
      const path = status === 'renamed' ? (parts[at++] ?? '') : first;
      files.set(path, {
        path,
        previousPath: status === 'renamed' ? first : null,
        status,
        sha: status === 'removed' ? before : after,
        additions: 0,
        deletions: 0,
      });
      continue;
    }
    const [added = '0', deleted = '0', name = ''] = part.split('\t');
    if (part === '') continue;
    // A rename has an empty name here, then the old and the new one as parts of their own.
    const path = name === '' ? (parts[at + 1] ?? '') : name;
    if (name === '') at += 2;
    const file = files.get(path);
    if (!file) continue;
    file.additions = added === '-' ? 0 : Number(added);
    file.deletions = deleted === '-' ? 0 : Number(deleted);
  }
  return [...files.values()];
}

/** Unified diff of two commits as text, for the pages. */
export async function diffText(dir: string, from: string, to: string): Promise<string> {
  return git(dir, ['diff-tree', '-r', '-p', '-M', '--no-color', '--no-ext-diff', from, to]);
}
