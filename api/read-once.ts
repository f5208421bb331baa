import type { Ports } from '../core/ports.ts';

type Reading = Pick<Ports, 'clock' | 'git' | 'source'>;

/** The same ports, asking for each ref and each file once: what one answer shows is of one moment, and costs few calls. */
export function readOnce({ clock, git, source }: Reading): Reading {
  return {
    clock,
    git: { ...git, ref: once((repository, ref) => git.ref(repository, ref)) },
    source: { ...source, file: once((repository, ref, path) => source.file(repository, ref, path)) },
  };
}

function once<A extends string[], T>(ask: (...words: A) => Promise<T>): (...words: A) => Promise<T> {
  const asked = new Map<string, Promise<T>>();
  return (...words) => {
    const key = JSON.stringify(words);
    const answer = asked.get(key) ?? ask(...words);
    asked.set(key, answer);
    return answer;
  };
}
