import { InvalidInput, NotAllowed } from '../errors.ts';
import { didYouMean } from '../projects/nearest.ts';
import { COMMANDS, type Subcommand, subcommandOf } from './allowlist.ts';
import { joinWords } from './split-words.ts';

/** `args` is what terraform gets: flags in front of arguments, each as terraform writes it. */
export type CheckedCommand =
  | { kind: 'read' | 'write'; name: string; args: string[] }
  /** It becomes a deployment that replaces these. */
  | { kind: 'replace'; name: string; args: string[]; replace: string[] };

const MOST_REPLACED = 20;

/** What people ask for, and why it is not to be had. */
const PRINTS_SECRETS: ReadonlyMap<string, string> = new Map([
  ['show -json', '`show` prints the state with its secrets hidden; with `-json` it would print them.'],
  ['state pull', '`state pull` prints the secrets of the state; `show` prints it with them hidden.'],
  ['console', '`console` can print the secrets of the state; `output` and `state show` print what is none.'],
]);

/**
 * Whether people may run this here: `allowed` is `commands.allow` of the default branch. Throws NotAllowed or
 * InvalidInput, which say what is allowed, or what to change.
 */
export function checkCommand(args: readonly string[], allowed: readonly string[]): CheckedCommand {
  const [first = '', second = ''] = args;
  const secret = PRINTS_SECRETS.get(first) ?? PRINTS_SECRETS.get(`${first} ${second}`);
  if (secret !== undefined) throw new NotAllowed(secret);
  const subcommand = subcommandOf(args);
  if (!subcommand) {
    throw new NotAllowed(unknown(first, second));
  }
  const { name, row, rest } = subcommand;
  if (!allowed.includes(name)) {
    throw new NotAllowed(
      `\`terraform ${name}\` is not allowed here. Allowed are: ${allowed.join(', ') || 'none'}. ` +
        'Whoever may change it adds it to `commands.allow` in cairn.yaml on the default branch.',
    );
  }
  const { flags, values } = sorted(name, row, rest);
  if (row.kind !== 'replace') {
    return { kind: row.kind, name, args: [...name.split(' '), ...flags, ...values] };
  }
  const replace = [...new Set(flags.map((flag) => flag.slice('-replace='.length)))];
  if (replace.length === 0) {
    throw new InvalidInput('`terraform apply` is run with -replace=ADDRESS only; a deploy applies the rest.');
  }
  if (replace.length > MOST_REPLACED) {
    throw new InvalidInput(`At most ${MOST_REPLACED} resources are replaced at a time.`);
  }
  return {
    kind: 'replace',
    name,
    args: ['apply', ...replace.map((address) => `-replace=${address}`)],
    replace,
  };
}

function unknown(first: string, second: string): string {
  if (first === 'terraform')
    return 'What stands behind `terraform` is enough: `-- state list`, for instance.';
  if (COMMANDS.includes(first)) return `\`${first}\` came as one word: write it without quotes around both.`;
  const asked = /^[a-z-]{1,20}$/.test(second) && first === 'state' ? `${first} ${second}` : first;
  const close = didYouMean(asked, COMMANDS) || '.';
  return `Cairn does not run \`terraform ${shown(asked)}\`${close} It runs: ${COMMANDS.join(', ')}.`;
}

function sorted(
  name: string,
  row: Subcommand,
  rest: readonly string[],
): { flags: string[]; values: string[] } {
  const command = name === 'apply -replace' ? 'apply' : name;
  const flags: string[] = [];
  const values: string[] = [];
  for (const word of rest) {
    if (!word.startsWith('-')) values.push(word);
    // Without colours it is printed anyway.
    else if (!/^--?no-color$/.test(word)) flags.push(flagOf(command, row, word));
  }
  const typed = values.map(typedByAPhone).find((hint) => hint !== null) ?? '';
  if (values.length < row.least || values.length > row.most) {
    throw new InvalidInput(`${countOf(command, row)}${typed}`);
  }
  values.forEach((value, index) => {
    const shape = row.args[Math.min(index, row.args.length - 1)];
    if (shape?.fits(value)) return;
    throw new InvalidInput(`\`${shown(value)}\` is not ${shape?.what ?? 'known'}.${typed}`);
  });
  return { flags: [...new Set(flags)], values };
}

/** Go's flags may have two dashes, and mean the same. */
function flagOf(command: string, { flags }: Subcommand, word: string): string {
  const [, flag = '', , value] = /^-?(-[a-z][a-z-]*)(=(.*))?$/s.exec(word) ?? [];
  const shape = Object.hasOwn(flags, flag) ? flags[flag] : undefined;
  if (shape === undefined) {
    const known = Object.entries(flags).map(([key, takes]) => (takes ? `${key}=…` : key));
    const why = PRINTS_SECRETS.get(`${command} ${flag}`);
    throw new NotAllowed(
      `\`terraform ${command}\` is not run with \`${shown(word)}\` here: ` +
        (why ?? `it takes ${known.length > 0 ? known.join(', ') : 'no flag'}.`),
    );
  }
  if (shape === null) {
    if (value === undefined) return flag;
    throw new InvalidInput(`\`${flag}\` takes no value: leave out what stands behind it.`);
  }
  if (value === undefined)
    throw new InvalidInput(`\`${flag}\` is written with its value: \`${flag}=VALUE\`.`);
  if (value.startsWith('-') || !shape.fits(value)) {
    throw new InvalidInput(`\`${shown(value)}\` behind \`${flag}=\` is not ${shape.what}.`);
  }
  return `${flag}=${value}`;
}

/** Keyboards make long dashes of two short ones, and curly quotes of straight ones. */
function typedByAPhone(value: string): string | null {
  if (/^[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]/.test(value)) {
    return ` \`${shown(value)}\` begins with a dash that terraform does not know: a flag begins with \`-\`.`;
  }
  return /[\u2018-\u201f]/.test(value) ? ' Quotes are straight: `"`.' : null;
}

function countOf(command: string, { args, least, most }: Subcommand): string {
  if (most === 0) return `\`terraform ${command}\` takes no argument here.`;
  const count = least === most ? String(least) : `${least} to ${most}`;
  const what = [...new Set(args.map((shape) => shape.what))].join(', then ');
  return `\`terraform ${command}\` takes ${count} argument${most === 1 ? '' : 's'}: ${what}.`;
}

/** What somebody wrote, within a sentence: short, and without what ends a code span. */
function shown(text: string): string {
  const line = [...text.replace(/[`\p{C}]/gu, '?')];
  return line.length > 60 ? `${line.slice(0, 59).join('')}…` : line.join('');
}

/** The command as people write it. */
export function inWords(args: readonly string[]): string {
  return `terraform ${joinWords(args)}`;
}
