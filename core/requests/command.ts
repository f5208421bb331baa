import { DEPLOYMENTS } from './commands/deployments.ts';
import { EPHEMERALS } from './commands/ephemerals.ts';
import { STANDING } from './commands/standing.ts';
import { type Command, type Grammar, isProblem, type Problem } from './commands/types.ts';
import { quote } from './commands/words.ts';

export type { Command } from './commands/types.ts';

/** `commands` is empty for a comment that asks for nothing; with a `problem` nothing of the comment is done. */
type Commands = { commands: Command[] } | Problem;

const MOST_COMMANDS = 10;

const GRAMMARS: Record<string, Grammar> = { ...DEPLOYMENTS, ...EPHEMERALS, ...STANDING };

export const USAGE = [
  'Cairn understands these, each at the start of a line:',
  '```',
  ...usages(DEPLOYMENTS),
  '',
  "# An environment of this pull request's own, or the one that is named",
  ...usages(EPHEMERALS),
  '',
  '# What stands; without an environment the one on the base branch',
  ...usages(STANDING),
  '',
  '/cairn help',
  '```',
].join('\n');

/** Reads the `/cairn` lines of a comment: at a line's very start, not in a quote, not in a code fence. */
export function parseCommands(comment: string): Commands {
  const lines = outsideFences(comment).filter((line) => /^\/cairn(\s|$)/.test(line));
  if (lines.length > MOST_COMMANDS) {
    return {
      problem: `A comment can hold at most ${MOST_COMMANDS} commands, this one has ${lines.length}.\n\n${USAGE}`,
    };
  }
  const commands: Command[] = [];
  for (const line of lines) {
    const parsed = parseLine(line.trim());
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

function parseLine(line: string): Command | Problem {
  const [, name = '', text = ''] = /^\/cairn(?:\s+(\S+)(?:\s+(.*))?)?$/s.exec(line) ?? [];
  if (name === '' || name === 'help') return { command: 'help' };
  const grammar = Object.hasOwn(GRAMMARS, name) ? GRAMMARS[name] : undefined;
  if (!grammar) return { problem: `There is no command ${quote(name)}.\n\n${USAGE}` };
  const words = text.split(/\s+/).filter((word) => word !== '');
  const parsed = grammar.read(words, text);
  if (!isProblem(parsed)) return parsed;
  const said = `\`/cairn ${name}\`: ${parsed.problem}`;
  return { problem: `${said}\n\n\`\`\`\n${grammar.usage}\n\`\`\`\n\`/cairn help\` lists all commands.` };
}

function usages(grammars: Record<string, Grammar>): string[] {
  return Object.values(grammars).map(({ usage }) => usage);
}
