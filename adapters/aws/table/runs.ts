import type { Runs } from '../../../core/ports.ts';
import { ENDED, type Run, type RunFilter, WORKFLOWS } from '../../../core/requests/run.ts';
import { type Expression, type Item, type Items, text } from './items.ts';
import { EVENT, eventOf, newRunItem, pullPartition, REPOSITORIES, runKey, runOf } from './run-items.ts';
import { numbered } from './run-numbers.ts';
import { ACTIVE, ACTIVE_INDEX } from './table.ts';

/** Entries read at once: a filter that few of them pass is not to take a call each. */
const SMALLEST_PAGE = 20;

/**
 * The run index. A list is right at once for every run whose claim was answered: what is superseded, and what a
 * push was missed for, is decided by it. Only a list of active runs is found through an index that lags a moment.
 */
export function dynamodbRuns(items: Items): Runs {
  return {
    async claim(asked) {
      await items.put(newRunItem(asked), { text: 'attribute_not_exists(#pk)' });
      const stored = await items.get(runKey(asked.id));
      return (stored && runOf(stored)) ?? numbered(items, asked.id, asked.repository);
    },
    async get(id) {
      const stored = await items.get(runKey(id));
      // A run without a number is one that is being claimed.
      return stored && runOf(stored);
    },
    list: (filter) => (filter.active ? activeRuns(items, filter) : listRuns(items, filter)),
    async events(runId) {
      const found = await all(items.query({ pk: runKey(runId).pk, prefix: EVENT }));
      return found.map((item) => eventOf(item).event);
    },
  };
}

async function listRuns(items: Items, filter: RunFilter): Promise<Run[]> {
  const repositories =
    filter.repository === undefined
      ? (await all(items.query({ pk: REPOSITORIES }))).map(({ sk }) => sk)
      : [filter.repository];
  const partitions = repositories.flatMap((repository) => partitionsFor(repository, filter));
  const lists = await Promise.all(partitions.map((pk) => newestOf(items, pk, filter)));
  const runs = lists.flat();
  // Numbers tell the order within a repository; between two of them only time does.
  if (partitions.length > 1) runs.sort(repositories.length > 1 ? byStart : byNumber);
  return runs.slice(0, filter.limit);
}

/** The smallest partitions that have what the filter asks for. */
function partitionsFor(repository: string, { environment, workflow, pull }: RunFilter): string[] {
  if (pull !== undefined) return [pullPartition(repository, pull)];
  if (environment === undefined) return [`runs#${repository}`];
  const workflows = workflow === undefined ? WORKFLOWS : [workflow];
  return workflows.map((one) => `runs#${repository}#${environment}#${one}`);
}

async function newestOf(items: Items, pk: string, filter: RunFilter): Promise<Run[]> {
  const found: Run[] = [];
  const pageSize = Math.max(filter.limit, SMALLEST_PAGE);
  for await (const page of items.query({ pk, descending: true, where: whereOf(filter), pageSize })) {
    // Few are asked for: no more are read than are missing, as long as all of them fit the filter.
    for (let first = 0; first < page.length && found.length < filter.limit; ) {
      const some = page.slice(first, first + filter.limit - found.length);
      found.push(...(await read(items, some)).filter((run) => fits(run, filter)));
      first += some.length;
    }
    if (found.length >= filter.limit) break;
  }
  return found;
}

/** The runs of these entries, in their order. */
async function read(items: Items, entries: Item[]): Promise<Run[]> {
  const stored = await items.getAll(entries.map((entry) => runKey(text(entry, 'id'))));
  const byId = new Map(stored.map((item) => [item.pk, item]));
  return entries.flatMap((entry) => {
    const item = byId.get(runKey(text(entry, 'id')).pk);
    // Listed first, numbered right after: the entry knows the number before the run does.
    const run = item && runOf({ ...item, number: Number(entry.sk) });
    return run ? [run] : [];
  });
}

async function activeRuns(items: Items, filter: RunFilter): Promise<Run[]> {
  const found: Run[] = [];
  for await (const keys of items.queryIndex(ACTIVE_INDEX, ACTIVE)) {
    const runs = (await items.getAll(keys)).map(runOf);
    found.push(...runs.filter((run): run is Run => run !== null && fits(run, filter)));
  }
  return found.sort(filter.repository === undefined ? byStart : byNumber).slice(0, filter.limit);
}

/** What never changes of a run is filtered where it is listed. */
function whereOf({ environment, workflow, pull }: RunFilter): Expression | undefined {
  const asked = Object.entries({ environment, workflow, pull }).filter(([, value]) => value !== undefined);
  if (asked.length === 0) return undefined;
  return {
    text: asked.map(([name]) => `#${name} = :${name}`).join(' and '),
    values: Object.fromEntries(asked),
  };
}

function fits(run: Run, { active, limit: _, ...equal }: RunFilter): boolean {
  if (active !== undefined && ENDED.includes(run.state) === active) return false;
  return Object.entries(equal).every(
    ([name, value]) => value === undefined || run[name as keyof typeof equal] === value,
  );
}

function byNumber(a: Run, b: Run): number {
  return b.number - a.number;
}

function byStart(a: Run, b: Run): number {
  if (a.startedAt !== b.startedAt) return a.startedAt < b.startedAt ? 1 : -1;
  return b.number - a.number;
}

async function all(pages: AsyncIterable<Item[]>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const page of pages) found.push(...page);
  return found;
}
