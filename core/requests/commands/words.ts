import { environmentName } from '../request.ts';
import type { Problem } from './types.ts';

/** A request takes 500 UTF-16 units; a character can need two. */
const LONGEST_REASON = 250;
const LONGEST_PROJECT = 200;
/** Of a name or a time, as people write them. */
const LONGEST_WORD = 100;

export function wrong(problem: string): Problem {
  return { problem };
}

export function readEnvironment(text: string | undefined): string | Problem {
  if (text === undefined) return wrong('The name of an environment is missing.');
  if (environmentName.safeParse(text).success) return text;
  return wrong(`${quote(text)} is not the name of an environment.`);
}

/** Only the whole sha names one commit for certain, also tomorrow and in a fork. */
export function readCommit(text: string): string | Problem {
  if (/^[0-9a-f]{40}$/i.test(text)) return text.toLowerCase();
  if (/^[0-9a-f]{4,39}$/i.test(text)) {
    return wrong(
      `${quote(text)} is a shortened commit: write all 40 digits, as GitHub's copy button gives them.`,
    );
  }
  return wrong(`${quote(text)} is not a commit (40 digits of 0-9 and a-f).`);
}

export function readProject(text: string): string | Problem {
  if (text.length <= LONGEST_PROJECT) return text;
  return wrong(`A name of a project has at most ${LONGEST_PROJECT} characters.`);
}

export function readWord(text: string): string | Problem {
  if (text.length <= LONGEST_WORD) return text;
  return wrong(`${quote(text)} is longer than ${LONGEST_WORD} characters.`);
}

/** Words as one line, cut to what a request holds. */
export function reasonOf(words: string[]): string {
  return [...words.join(' ')].slice(0, LONGEST_REASON).join('');
}

/** What somebody wrote, shown as code: it mentions nobody and formats nothing. */
export function quote(text: string): string {
  const shown = [...text]
    .slice(0, 50)
    .join('')
    .replace(/[`\p{C}]/gu, '?');
  return `\`${shown}${[...text].length > 50 ? '…' : ''}\``;
}
