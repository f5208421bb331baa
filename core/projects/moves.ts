import { InvalidInput } from '../errors.ts';
import type { Hcl } from '../ports.ts';
import { addressIsTold, stateAddress } from './address.ts';
import { resolveLinks } from './links.ts';
import type { ModuleGraph } from './module-graph.ts';
import type { Project, StateAddress, Tree } from './project.ts';
import { fingerprint, likeness, type RootText, rootText } from './similarity.ts';

export interface Move {
  from: Project;
  to: Project;
  /** `state`: both name the same address. `content`: their files are the same, or nearly. */
  by: 'state' | 'content';
}

export interface Doubtful {
  from: Project;
  /** Names of projects that it may have become. */
  candidates: string[];
  /** A sentence: what is known, and what to do. */
  why: string;
}

interface Side {
  tree: Tree;
  graph: ModuleGraph;
}

interface SortOutInput {
  /** Projects of the environment in base, without one of that name in head. */
  gone: readonly Project[];
  /** Projects of the environment in head, without one of that name in base. */
  fresh: readonly Project[];
  base: Side;
  head: Side;
  /** Every project of head, whatever its environment. */
  everywhere: readonly Project[];
  addresses: ReadonlyMap<string, StateAddress | null>;
  hcl: Hcl;
}

interface SortedOut {
  removed: Project[];
  moved: Move[];
  doubtful: Doubtful[];
  /** State addresses of `removed` by name, as in base; null: Cairn keeps it. */
  addresses: Map<string, StateAddress | null>;
}

/** Half of the lines, as for git; below a quarter two roots have only habits in common. */
const SAME = 0.5;
const ALIKE = 0.25;
/** Comparing each with each beyond this takes longer than a person who reads a list. */
const MOST_PAIRS = 100_000;

/** What became of the roots that are gone. When in doubt nothing is destroyed. */
export async function sortOut(input: SortOutInput): Promise<SortedOut> {
  const moved: Move[] = [];
  const doubtful: Doubtful[] = [];
  const open: { project: Project; address: StateAddress | null; told: boolean }[] = [];
  const byKey = new Map(
    input.everywhere.map((p) => [input.addresses.get(p.name)?.key ?? `kept:${p.name}`, p]),
  );

  for (const project of input.gone) {
    const { address, told } = await addressBefore(project, input);
    const claimedBy = told && address ? byKey.get(address.key) : undefined;
    if (claimedBy) moved.push({ from: project, to: claimedBy, by: 'state' });
    else open.push({ project, address, told });
  }
  const taken = new Set(moved.map((move) => move.to.name));
  const fresh = input.fresh.filter((project) => !taken.has(project.name));
  const matches = matchByContent(
    open.map((one) => one.project),
    fresh,
    input,
  );

  const removed: Project[] = [];
  const addresses = new Map<string, StateAddress | null>();
  for (const { project, address, told } of open) {
    const match = matches.get(project.name) ?? { best: null, candidates: [] };
    const to = match.best;
    const kept = address === null && to !== null && input.addresses.get(to.name) === null;
    if (to && kept && to.workspace === project.workspace) {
      moved.push({ from: project, to, by: 'content' });
      continue;
    }
    const why = doubt(project, match, address, told, fresh, input);
    if (why === null) {
      removed.push(project);
      addresses.set(project.name, address);
    } else doubtful.push({ from: project, candidates: match.candidates, why });
  }
  return { removed, moved, doubtful, addresses };
}

/** Why a root that is gone must not be destroyed; null if nothing speaks against it. */
function doubt(
  project: Project,
  match: Match,
  address: StateAddress | null,
  told: boolean,
  fresh: readonly Project[],
  input: SortOutInput,
): string | null {
  if (match.candidates.length > 0) {
    return (
      `${project.name} is gone, and ${match.candidates.join(', ')} ${match.candidates.length === 1 ? 'looks' : 'look'} like it. ` +
      `Nothing is destroyed. If it was renamed, say so with \`name: ${project.name}\` on the new folder in cairn.yaml` +
      `${address ? ', and keep its backend' : ''}; if it was removed, remove it in a change of its own.`
    );
  }
  if (input.everywhere.some((other) => other.name === project.name)) {
    return `${project.name} is in another environment now. What it made here stays; nothing is destroyed.`;
  }
  const dir = resolveLinks(input.head.graph.links, project.dir);
  if (dir !== null && input.head.graph.modules.has(dir)) {
    return `${project.dir} still has Terraform files, but is no project of this environment any more. What it made stays; nothing is destroyed.`;
  }
  if (
    address &&
    !told &&
    fresh.some((other) => input.addresses.get(other.name)?.backend === address.backend)
  ) {
    return (
      `${project.name} is gone, and its files do not tell where its state is kept: a new project may have taken it over. ` +
      'Nothing is destroyed. Remove it in a change that adds no project.'
    );
  }
  return null;
}

async function addressBefore(
  project: Project,
  { base, hcl }: SortOutInput,
): Promise<{ address: StateAddress | null; told: boolean }> {
  try {
    const address = await stateAddress(base.tree, project, hcl, base.graph);
    return { address, told: address !== null && (await addressIsTold(base.tree, project, hcl, base.graph)) };
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    return { address: { backend: 'unknown', key: `unknown:${project.name}` }, told: false };
  }
}

interface Match {
  /** The one project that it surely became. */
  best: Project | null;
  /** All that it may have become, likeliest first. */
  candidates: string[];
}

interface Pair {
  from: Project;
  to: Project;
  /** Likeness of the files, then of the folders' ends. */
  score: [number, number];
}

function matchByContent(
  gone: readonly Project[],
  fresh: readonly Project[],
  input: SortOutInput,
): Map<string, Match> {
  const pairs = pairsOf(gone, fresh, input).sort((a, b) => compare(b.score, a.score));
  const matches = new Map<string, Match>();
  const taken = new Set<string>();
  pairs.forEach((pair, index) => {
    const match = matches.get(pair.from.name) ?? { best: null, candidates: [] };
    matches.set(pair.from.name, match);
    if (match.best) return;
    if (taken.has(pair.to.name)) return;
    match.candidates.push(pair.to.name);
    if (pair.score[0] < SAME || match.candidates.length > 1) return;
    const rival = (other: Pair) =>
      other !== pair &&
      (other.from === pair.from || other.to === pair.to) &&
      compare(other.score, pair.score) === 0;
    // Equal ones stand side by side after sorting.
    if (pairs.slice(Math.max(0, index - 50), index + 50).some(rival)) return;
    match.best = pair.to;
    taken.add(pair.to.name);
  });
  return matches;
}

function pairsOf(gone: readonly Project[], fresh: readonly Project[], input: SortOutInput): Pair[] {
  const before = new Map<Project, RootText>(
    gone.map((p) => [p, rootText(input.base.tree, input.base.graph, p)]),
  );
  const after = new Map<Project, RootText>(
    fresh.map((p) => [p, rootText(input.head.tree, input.head.graph, p)]),
  );
  const byPrint = new Map<string, Project[]>();
  for (const [project, text] of after) {
    const list = byPrint.get(fingerprint(text));
    if (list) list.push(project);
    else byPrint.set(fingerprint(text), [project]);
  }
  const pairs: Pair[] = [];
  const rest: Project[] = [];
  for (const [from, text] of before) {
    const same = byPrint.get(fingerprint(text)) ?? [];
    if (same.length === 0 || text.size === 0) rest.push(from);
    else for (const to of same) pairs.push({ from, to, score: [1, commonEnd(from, to)] });
  }
  const exact = new Set(pairs.map((pair) => pair.to));
  const others = fresh.filter((project) => !exact.has(project));
  const few = rest.length * others.length <= MOST_PAIRS;
  for (const from of rest) {
    for (const to of others) {
      // Too many to compare: each may be any of them, and nothing is destroyed.
      const like = few ? likeness(before.get(from), after.get(to)) : ALIKE;
      if (like >= ALIKE) pairs.push({ from, to, score: [like, commonEnd(from, to)] });
    }
  }
  return pairs;
}

/** Folder names that two paths share at their ends; one folder under another name shares all and one more. */
function commonEnd(a: Project, b: Project): number {
  if (a.dir === b.dir) return Number.MAX_SAFE_INTEGER;
  const [x, y] = [a.dir.split('/').reverse(), b.dir.split('/').reverse()];
  let count = 0;
  while (count < x.length && x[count] === y[count]) count++;
  return count;
}

function compare(a: readonly [number, number], b: readonly [number, number]): number {
  return a[0] - b[0] || a[1] - b[1];
}
