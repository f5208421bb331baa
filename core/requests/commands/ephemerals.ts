import { readOptions } from './options.ts';
import { type Grammar, isProblem, type Parsed, type Problem } from './types.ts';
import { quote, readProject, readWord, wrong } from './words.ts';

/** Environments of a pull request's own. NAME is one that somebody gave; else it is the pull request's. */
export const EPHEMERALS = {
  up: { usage: '/cairn up [ttl=8h] [name=NAME] [-p PROJECT]...', read: readUp },
  extend: { usage: '/cairn extend [NAME] 4h', read: readExtend },
  end: { usage: '/cairn end [NAME] --at 2026-12-01T18:00Z|never', read: readEnd },
  down: { usage: '/cairn down [NAME]', read: readDown },
} satisfies Record<string, Grammar>;

const MOST_PROJECTS = 200;

function readUp(words: string[]): Parsed {
  const read = readOptions(words, {
    ttl: { bare: true },
    name: { bare: true },
    project: { bare: true, many: true },
  });
  if (isProblem(read)) return read;
  const [more] = read.rest;
  if (more !== undefined) return wrong(`It does not know ${quote(more)}.`);
  const { ttl: [ttl] = [], name: [name] = [], project: projects = [] } = read.given;
  const problem = [...[ttl, name].map(tooLong), ...projects.map(readProject)].find(isProblem);
  if (problem) return problem;
  if (projects.length > MOST_PROJECTS) return wrong(`It takes at most ${MOST_PROJECTS} projects.`);
  return {
    command: 'up',
    ...(name === undefined ? {} : { name }),
    ...(ttl === undefined ? {} : { ttl }),
    ...(projects.length === 0 ? {} : { projects }),
  };
}

function readExtend(words: string[]): Parsed {
  const read = readOptions(words, {});
  if (isProblem(read)) return read;
  const [first, second, more] = read.rest;
  if (more !== undefined) return wrong(`It does not know ${quote(more)}.`);
  const [name, ttl] = second === undefined ? [undefined, first] : [first, second];
  // What a time is, is read when it is acted upon; a name in its place is told at once.
  if (ttl === undefined || !/^\d/.test(ttl)) {
    const at = ttl === undefined ? '' : `, not ${quote(ttl)}`;
    return wrong(`How much later it ends is missing: a time such as 90m, 4h or 1d${at}.`);
  }
  const problem = [name, ttl].map(tooLong).find(isProblem);
  return problem ?? { command: 'extend', ...(name === undefined ? {} : { name }), ttl };
}

function readEnd(words: string[]): Parsed {
  const read = readOptions(words, { at: {} });
  if (isProblem(read)) return read;
  const { at: [at] = [] } = read.given;
  const [name, more] = read.rest;
  if (more !== undefined) return wrong(`It does not know ${quote(more)}.`);
  if (at === undefined) {
    return wrong('When it ends is missing: --at with a moment and its zone, or --at never.');
  }
  const problem = [name, at].map(tooLong).find(isProblem);
  return problem ?? { command: 'end', ...(name === undefined ? {} : { name }), at };
}

function readDown(words: string[]): Parsed {
  const read = readOptions(words, {});
  if (isProblem(read)) return read;
  const [name, more] = read.rest;
  if (more !== undefined) return wrong(`It does not know ${quote(more)}.`);
  return tooLong(name) ?? { command: 'down', ...(name === undefined ? {} : { name }) };
}

function tooLong(text: string | undefined): Problem | null {
  const read = text === undefined ? '' : readWord(text);
  return isProblem(read) ? read : null;
}
