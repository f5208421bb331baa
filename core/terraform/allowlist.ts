import { isAnyResource, isAnything, isManaged } from './address.ts';

/** A kind of argument: what it is called in an error, and what it looks like. */
interface Shape {
  what: string;
  fits(text: string): boolean;
}

const MANAGED: Shape = { what: 'the address of a resource, such as aws_instance.web[0]', fits: isManaged };
const RESOURCE: Shape = {
  what: 'the address of a resource, such as aws_instance.web[0]',
  fits: isAnyResource,
};
const ANYTHING: Shape = { what: 'an address, such as module.app or aws_instance.web[0]', fits: isAnything };
const OUTPUT: Shape = {
  what: 'the name of an output',
  fits: (text) => /^[\p{L}_][\p{L}\p{N}_-]*$/u.test(text),
};
const ID: Shape = {
  what: "the id that the provider's documentation asks for",
  // Whatever a provider calls its things: it is one argument, and no flag.
  fits: (text) => text !== '' && !/\p{Cc}/u.test(text),
};
const LOCK: Shape = {
  what: 'the id of a lock, as terraform names it',
  fits: (text) => /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,199}$/.test(text),
};
const GRAPH: Shape = {
  what: 'plan, plan-refresh-only, plan-destroy or apply',
  fits: (text) => ['plan', 'plan-refresh-only', 'plan-destroy', 'apply'].includes(text),
};

/** `read` runs beside everything; `write` has the environment's lock; `replace` becomes a deployment. */
type Kind = 'read' | 'write' | 'replace';

export interface Subcommand {
  kind: Kind;
  /** Null: it stands alone. A shape: it is written `-flag=VALUE`. */
  flags: Record<string, Shape | null>;
  /** One shape for each argument that it needs; the last stands for all that follow, where `most` allows more. */
  args: Shape[];
  least: number;
  most: number;
}

const NONE = { flags: {}, args: [], least: 0, most: 0 };
const SEVERAL = 50;

/**
 * THE table: what people may run, with which flags. What is not in it is not run: no flag that names a file, a
 * state, a backend or a variable, none that takes the lock away, and nothing that prints a state or an output with
 * its secrets (`show -json`, `state pull`, `console`).
 */
const SUBCOMMANDS: Readonly<Record<string, Subcommand>> = {
  'state list': { kind: 'read', flags: { '-id': ID }, args: [ANYTHING], least: 0, most: SEVERAL },
  'state show': { kind: 'read', flags: {}, args: [RESOURCE], least: 1, most: 1 },
  output: { kind: 'read', flags: { '-json': null, '-raw': null }, args: [OUTPUT], least: 0, most: 1 },
  show: { kind: 'read', ...NONE },
  validate: { ...NONE, kind: 'read', flags: { '-json': null } },
  version: { ...NONE, kind: 'read', flags: { '-json': null } },
  providers: { kind: 'read', ...NONE },
  graph: { ...NONE, kind: 'read', flags: { '-type': GRAPH, '-draw-cycles': null } },

  import: { kind: 'write', flags: {}, args: [MANAGED, ID], least: 2, most: 2 },
  'state mv': { kind: 'write', flags: { '-dry-run': null }, args: [ANYTHING, ANYTHING], least: 2, most: 2 },
  'state rm': { kind: 'write', flags: { '-dry-run': null }, args: [ANYTHING], least: 1, most: SEVERAL },
  taint: { kind: 'write', flags: { '-allow-missing': null }, args: [MANAGED], least: 1, most: 1 },
  untaint: { kind: 'write', flags: { '-allow-missing': null }, args: [MANAGED], least: 1, most: 1 },
  'force-unlock': { kind: 'write', flags: { '-force': null }, args: [LOCK], least: 1, most: 1 },

  'apply -replace': { ...NONE, kind: 'replace', flags: { '-replace': MANAGED } },
};

/** As `commands.allow` names them. */
export const COMMANDS: readonly string[] = Object.keys(SUBCOMMANDS);

/** The row that arguments are about, and what stands behind its name; null if there is none. */
export function subcommandOf(
  args: readonly string[],
): { name: string; row: Subcommand; rest: readonly string[] } | null {
  const [first = '', second = ''] = args;
  if (first === 'apply') return found('apply -replace', args.slice(1));
  if (first.includes(' ')) return null;
  return found(`${first} ${second}`, args.slice(2)) ?? found(first, args.slice(1));
}

function found(name: string, rest: readonly string[]): ReturnType<typeof subcommandOf> {
  const row = Object.hasOwn(SUBCOMMANDS, name) ? SUBCOMMANDS[name] : undefined;
  return row ? { name, row, rest } : null;
}
