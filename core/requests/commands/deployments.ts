import { readOptions } from './options.ts';
import { type Grammar, isProblem, type Parsed } from './types.ts';
import { quote, readCommit, readEnvironment, readProject, reasonOf, wrong } from './words.ts';

/** Plans, deployments, the answer to an approval, the way back. */
export const DEPLOYMENTS = {
  plan: { usage: '/cairn plan [-p PROJECT] [-e ENVIRONMENT] [COMMIT]', read: readPlan },
  deploy: {
    usage: '/cairn deploy ENVIRONMENT [COMMIT] [--retry] [--despite-freeze]',
    read: (words) => readMove('deploy', words),
  },
  approve: { usage: '/cairn approve ENVIRONMENT DIGEST', read: readApprove },
  reject: { usage: '/cairn reject ENVIRONMENT [REASON]', read: readReject },
  rollback: {
    usage: '/cairn rollback ENVIRONMENT [COMMIT] [--despite-freeze]',
    read: (words) => readMove('rollback', words),
  },
} satisfies Record<string, Grammar>;

function readPlan(words: string[]): Parsed {
  const read = readOptions(words, { project: {}, environment: {} });
  if (isProblem(read)) return read;
  const [commitText, more] = read.rest;
  if (more !== undefined) return wrong(`It does not know ${quote(more)}.`);
  const project = fromFirst(read.given.project, readProject);
  if (isProblem(project)) return project;
  const environment = fromFirst(read.given.environment, readEnvironment);
  if (isProblem(environment)) return environment;
  const commit = commitText === undefined ? undefined : readCommit(commitText);
  if (isProblem(commit)) return commit;
  return {
    command: 'plan',
    ...(project === undefined ? {} : { project }),
    ...(environment === undefined ? {} : { environment }),
    ...(commit === undefined ? {} : { commit }),
  };
}

function fromFirst<T>(values: string[] | undefined, read: (text: string) => T): T | undefined {
  const [text] = values ?? [];
  return text === undefined ? undefined : read(text);
}

function readMove(command: 'deploy' | 'rollback', words: string[]): Parsed {
  const read = readOptions(words, { retry: { flag: true }, 'despite-freeze': { flag: true } });
  if (isProblem(read)) return read;
  const { retry, 'despite-freeze': despiteFreeze } = read.given;
  if (retry && command === 'rollback') return wrong('It does not know `--retry`.');
  const [name, commitText, more] = read.rest;
  const environment = readEnvironment(name);
  if (isProblem(environment)) return environment;
  if (more !== undefined) return wrong(`It does not know ${quote(more)}.`);
  const commit = commitText === undefined ? undefined : readCommit(commitText);
  if (isProblem(commit)) return commit;
  const named = {
    environment,
    ...(commit === undefined ? {} : { commit }),
    ...(despiteFreeze ? { despiteFreeze: true as const } : {}),
  };
  return command === 'deploy' ? { command, ...named, retry: retry !== undefined } : { command, ...named };
}

function readApprove([name, digest, more]: string[]): Parsed {
  const environment = readEnvironment(name);
  if (isProblem(environment)) return environment;
  if (digest === undefined || !/^[0-9a-f]{7,64}$/i.test(digest)) {
    return wrong(
      `\`/cairn approve ${environment}\` needs the digest of the plan behind it, 7 to 64 of 0-9 and a-f, as the request for approval shows it.`,
    );
  }
  if (more !== undefined) return wrong(`It does not know ${quote(more)}.`);
  return { command: 'approve', environment, digest: digest.toLowerCase() };
}

function readReject([name, ...words]: string[]): Parsed {
  const environment = readEnvironment(name);
  if (isProblem(environment)) return environment;
  const reason = reasonOf(words);
  return { command: 'reject', environment, ...(reason === '' ? {} : { reason }) };
}
