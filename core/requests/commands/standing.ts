import { splitWords } from '../../terraform/split-words.ts';
import { LONGEST_COMMAND } from '../request.ts';
import { readOptions } from './options.ts';
import { type Grammar, isProblem, type Parsed } from './types.ts';
import { quote, readEnvironment, readProject, readWord, reasonOf, wrong } from './words.ts';

/** What is asked of an environment as it stands. */
export const STANDING = {
  run: { usage: '/cairn run -p PROJECT [-e ENVIRONMENT] -- state list', read: (_, text) => readRun(text) },
  drift: { usage: '/cairn drift [ENVIRONMENT] [--reconcile]', read: readDrift },
  freeze: { usage: '/cairn freeze ENVIRONMENT REASON [--until 2026-12-01T18:00Z]', read: readFreeze },
  unfreeze: { usage: '/cairn unfreeze ENVIRONMENT', read: readUnfreeze },
  destroy: { usage: '/cairn destroy ENVIRONMENT ENVIRONMENT', read: readDestroy },
} satisfies Record<string, Grammar>;

const MOST_WORDS = 50;
const LONGEST_ARGUMENT = 2000;

/** What stands behind `--` is cut as a shell would cut it, and never handed to one. */
function readRun(text: string): Parsed {
  const [, head = '', line] = /^(?:(.*?)\s)?--(?:\s+(.*))?$/s.exec(text) ?? [];
  if (line === undefined || line === '') {
    const long = /(?:^|\s)([\u2013\u2014])\s/.exec(text)?.[1];
    if (long !== undefined) {
      return wrong(`${quote(long)} is not \`--\`: terraform's own words stand behind two short dashes.`);
    }
    return wrong('A command of terraform is missing, behind `--`: `-- state list`, for instance.');
  }
  const read = readOptions(wordsOf(head), { project: {}, environment: {} });
  if (isProblem(read)) return read;
  const [more] = read.rest;
  if (more !== undefined)
    return wrong(`It does not know ${quote(more)}; terraform's own words stand behind \`--\`.`);
  const { project: [name] = [], environment: [where] = [] } = read.given;
  if (name === undefined) return wrong('Which project is missing: `-p PROJECT`.');
  const project = readProject(name);
  if (isProblem(project)) return project;
  const environment = where === undefined ? undefined : readEnvironment(where);
  if (isProblem(environment)) return environment;
  const args = splitWords(line);
  if (isProblem(args)) return args;
  if (args.length > MOST_WORDS) return wrong(`A command has at most ${MOST_WORDS} words.`);
  const long = args.find((word) => word.length > LONGEST_ARGUMENT);
  if (long !== undefined) return wrong(`${quote(long)} is longer than ${LONGEST_ARGUMENT} characters.`);
  if (args.join(' ').length > LONGEST_COMMAND) {
    return wrong(`A command has at most ${LONGEST_COMMAND} characters: run it in several parts.`);
  }
  return { command: 'run', project, ...(environment === undefined ? {} : { environment }), args };
}

function wordsOf(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

function readDrift(words: string[]): Parsed {
  const read = readOptions(words, { reconcile: { flag: true } });
  if (isProblem(read)) return read;
  const [name, more] = read.rest;
  if (more !== undefined) return wrong(`It does not know ${quote(more)}.`);
  const asked = read.given.reconcile === undefined ? {} : { reconcile: true as const };
  if (name === undefined) return { command: 'drift', ...asked };
  const environment = readEnvironment(name);
  return isProblem(environment) ? environment : { command: 'drift', environment, ...asked };
}

function readFreeze(words: string[]): Parsed {
  const read = readOptions(words, { until: {} });
  if (isProblem(read)) return read;
  const [name, ...rest] = read.rest;
  const environment = readEnvironment(name);
  if (isProblem(environment)) return environment;
  const reason = reasonOf(rest);
  if (reason === '')
    return wrong('The reason is missing: people read it wherever the freeze stops something.');
  const { until: [moment] = [] } = read.given;
  const until = moment === undefined ? undefined : readWord(moment);
  if (isProblem(until)) return until;
  return { command: 'freeze', environment, reason, ...(until === undefined ? {} : { until }) };
}

function readUnfreeze([name, more]: string[]): Parsed {
  if (more !== undefined) return wrong(`It does not know ${quote(more)}.`);
  const environment = readEnvironment(name);
  return isProblem(environment) ? environment : { command: 'unfreeze', environment };
}

/** Typed twice, so that nobody destroys what they did not mean. */
function readDestroy([name, confirm, more]: string[]): Parsed {
  const environment = readEnvironment(name);
  if (isProblem(environment)) return environment;
  if (more !== undefined) return wrong(`It does not know ${quote(more)}.`);
  if (confirm === environment) return { command: 'destroy', environment, confirm };
  return wrong(
    confirm === undefined
      ? `It destroys everything in ${quote(environment)}: write its name twice.`
      : `${quote(confirm)} is not ${quote(environment)}: write the environment's name twice.`,
  );
}
