import { environmentName } from './request.ts';

/** What a comment's `/cairn …` line asks for. */
export type Command =
  | { command: 'plan'; project?: string; environment?: string; commit?: string }
  | { command: 'deploy'; environment: string; commit?: string; retry: boolean }
  | { command: 'approve'; environment: string; digest: string }
  | { command: 'reject'; environment: string; reason?: string }
  | { command: 'rollback'; environment: string; commit?: string }
  | { command: 'help' };

/** `commands` is empty for a comment that asks for nothing; with a `problem` nothing of the comment is done. */
type Commands = { commands: Command[] } | { problem: string };

const MOST_COMMANDS = 10;
/** A request takes 500 UTF-16 units; a character can need two. */
const LONGEST_REASON = 250;

export const USAGE = [
  'Cairn understands these, each at the start of a line:',
  '```',
  '/cairn plan [-p PROJECT] [-e ENVIRONMENT] [COMMIT]',
  '/cairn deploy ENVIRONMENT [COMMIT] [--retry]',
  '/cairn approve ENVIRONMENT DIGEST',
  '/cairn reject ENVIRONMENT [REASON]',
  '/cairn rollback ENVIRONMENT [COMMIT]',
  '/cairn help',
  '```',
].join('\n');

/** Reads the `/cairn` lines of a comment: at a line's very start, not in a quote, not in a code fence. */
export function parseCommands(comment: string): Commands {
  const lines = outsideFences(comment).filter((line) => /^\/cairn(\s|$)/.test(line));
  if (lines.length > MOST_COMMANDS) {
    return wrong(`A comment can hold at most ${MOST_COMMANDS} commands, this one has ${lines.length}.`);
  }
  const commands: Command[] = [];
  for (const line of lines) {
    const parsed = parseLine(line);
    if ('problem' in parsed) return parsed;
    commands.push(parsed);
  }
  return { commands };
}

/** Lines that Markdown does not show as code. An unclosed fence reaches to the end. */
function outsideFences(text: string): string[] {
  const lines: string[] = [];
  let fence: string | null = null;
  for (const line of text.split(/\r\n|\r|\n/)) {
    const [, mark = '', info = ''] = /^ {0,3}(`{3,}|~{3,})(.*)$/.exec(line) ?? [];
    if (fence !== null) {
      if (mark.startsWith(fence) && info.trim() === '') fence = null;
      continue;
    }
    // The info string of a backtick fence holds no backtick: else it is code within a line.
    if (mark !== '' && !(mark.startsWith('`') && info.includes('`'))) fence = mark;
    else lines.push(line);
  }
  return lines;
}

type Parsed = Command | { problem: string };

function parseLine(line: string): Parsed {
  const [, name = '', ...args] = line.trim().split(/\s+/);
  switch (name) {
    case 'plan':
      return parsePlan(args);
    case 'deploy':
    case 'rollback':
      return parseMove(name, args);
    case 'approve':
      return parseApprove(args);
    case 'reject':
      return parseReject(args);
    case 'help':
    case '':
      return { command: 'help' };
    default:
      return wrong(`There is no command ${quote(name)}.`);
  }
}

function parsePlan(args: string[]): Parsed {
  const found: Command = { command: 'plan' };
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === '-p' || arg === '--project') {
      const project = rest.shift();
      if (!project || project.startsWith('-'))
        return wrong(`${quote(arg)} needs a project's name behind it.`);
      if (project.length > 200) return wrong('A name of a project has at most 200 characters.');
      found.project = project;
    } else if (arg === '-e' || arg === '--environment') {
      const environment = readEnvironment(rest.shift());
      if (typeof environment !== 'string') return environment;
      found.environment = environment;
    } else if (found.commit === undefined && !arg.startsWith('-')) {
      const commit = readCommit(arg);
      if (typeof commit !== 'string') return commit;
      found.commit = commit;
    } else {
      return wrong(`\`/cairn plan\` does not know ${quote(arg)}.`);
    }
  }
  return found;
}

function parseMove(command: 'deploy' | 'rollback', args: string[]): Parsed {
  const environment = readEnvironment(args[0]);
  if (typeof environment !== 'string') return environment;
  const retry = command === 'deploy' && args.includes('--retry');
  const [commitText, ...more] = args.slice(1).filter((arg) => !(retry && arg === '--retry'));
  if (more[0] !== undefined) return wrong(`\`/cairn ${command}\` does not know ${quote(more[0])}.`);
  const commit = commitText === undefined ? null : readCommit(commitText);
  if (commit !== null && typeof commit !== 'string') return commit;
  const named = { environment, ...(commit === null ? {} : { commit }) };
  return command === 'deploy' ? { command, ...named, retry } : { command, ...named };
}

function parseApprove(args: string[]): Parsed {
  const environment = readEnvironment(args[0]);
  if (typeof environment !== 'string') return environment;
  const [, digest, more] = args;
  if (digest === undefined || !/^[0-9a-f]{7,64}$/i.test(digest)) {
    return wrong(
      `\`/cairn approve ${environment}\` needs the digest of the plan behind it, 7 to 64 of 0-9 and a-f, as the request for approval shows it.`,
    );
  }
  if (more !== undefined) return wrong(`\`/cairn approve\` does not know ${quote(more)}.`);
  return { command: 'approve', environment, digest: digest.toLowerCase() };
}

function parseReject(args: string[]): Parsed {
  const environment = readEnvironment(args[0]);
  if (typeof environment !== 'string') return environment;
  const reason = [...args.slice(1).join(' ')].slice(0, LONGEST_REASON).join('');
  return { command: 'reject', environment, ...(reason === '' ? {} : { reason }) };
}

function readEnvironment(text: string | undefined): string | { problem: string } {
  if (text === undefined) return wrong('The name of an environment is missing.');
  if (environmentName.safeParse(text).success) return text;
  return wrong(`${quote(text)} is not the name of an environment.`);
}

/** Only the whole sha names one commit for certain, also tomorrow and in a fork. */
function readCommit(text: string): string | { problem: string } {
  if (/^[0-9a-f]{40}$/i.test(text)) return text.toLowerCase();
  if (/^[0-9a-f]{4,39}$/i.test(text)) {
    return wrong(
      `${quote(text)} is a shortened commit: write all 40 digits, as GitHub's copy button gives them.`,
    );
  }
  return wrong(`${quote(text)} is not a commit (40 digits of 0-9 and a-f).`);
}

function wrong(what: string): { problem: string } {
  return { problem: `${what}\n\n${USAGE}` };
}

/** What somebody wrote, shown as code: it mentions nobody and formats nothing. */
function quote(text: string): string {
  const shown = [...text]
    .slice(0, 50)
    .join('')
    .replace(/[`\p{C}]/gu, '?');
  return `\`${shown}${[...text].length > 50 ? '…' : ''}\``;
}
