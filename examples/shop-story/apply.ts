import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** A change that somebody makes to the shop, as one pull request. */
export interface StoryChange {
  branch: string;
  title: string;
  body: string;
  /** `find` stands exactly once in the file as the edits before left it. */
  edits: { path: string; find: string; replace: string }[];
}

export type StoryName = '01-better-prices' | '02-reviews';

/** `dir`: the folder of the story. */
export async function readChange(name: StoryName, dir: string): Promise<StoryChange> {
  const text = await readFile(path.join(dir, `${name}.json`), 'utf8');
  return JSON.parse(text) as StoryChange;
}

/** Makes a change in a checkout of the shop. */
export async function applyChange(checkout: string, change: StoryChange): Promise<void> {
  for (const edit of change.edits) {
    const file = path.join(checkout, edit.path);
    const text = await readFile(file, 'utf8');
    const [before, after, ...more] = text.split(edit.find);
    if (before === undefined || after === undefined || more.length > 0) {
      throw new Error(
        `"${change.title}" does not fit: ${edit.path} must hold ${JSON.stringify(edit.find)} once`,
      );
    }
    await writeFile(file, before + edit.replace + after);
  }
}
