import { Unavailable } from '../../../core/errors.ts';
import type { Run } from '../../../core/requests/run.ts';
import { pause } from '../clients/retry.ts';
import { count, type Items, text } from './items.ts';
import { askedOf, counterKey, padded, partitionsOf, runKey, runOf } from './run-items.ts';

/**
 * Numbers without gaps, from single items. A repository's counter says which number was given last and to which
 * run; giving a number is one conditional write of the counter. Whoever comes next first finishes what that run
 * may have left undone, should its process have died: so a run that has a number has one only, and before a
 * number is given all smaller ones are listed.
 */
export async function numbered(items: Items, id: string, repository: string): Promise<Run> {
  const key = counterKey(repository);
  for (let attempt = 0; ; attempt++) {
    const counter = await items.get(key);
    const last = counter ? count(counter, 'last') : 0;
    const lastId = counter ? text(counter, 'lastId') : id;
    if (counter && lastId === id) return settle(items, id, last);

    const [before, mine] = await both(items, lastId, id);
    if (counter && !before) await settle(items, lastId, last);
    if (mine) return mine;

    const given = await items.update(
      key,
      { last: last + 1, lastId: id },
      counter ? { text: '#last = :before', values: { before: last } } : { text: 'attribute_not_exists(#pk)' },
    );
    if (given) return settle(items, id, last + 1);
    if (!(await pause(attempt))) {
      throw new Unavailable(`Too many runs of ${repository} start at once: no number was free for ${id}.`);
    }
  }
}

/** The two runs, of those that have a number. */
async function both(items: Items, first: string, second: string): Promise<(Run | undefined)[]> {
  const keys = [...new Set([first, second])].map(runKey);
  const runs = (await items.getAll(keys)).flatMap((item) => runOf(item) ?? []);
  return [first, second].map((id) => runs.find((run) => run.id === id));
}

/** Lists the run under its number, then writes the number to it: both can be done again, by anybody. */
async function settle(items: Items, id: string, number: number): Promise<Run> {
  const stored = await items.get(runKey(id));
  if (!stored) throw new Error(`run ${id} has number ${number} and is not there`);
  const known = runOf(stored);
  if (known) return known;

  const asked = askedOf(stored);
  const { environment, workflow, pull } = asked;
  const entry = { id, environment, workflow, ...(pull === null ? {} : { pull }) };
  await Promise.all(partitionsOf(asked).map((pk) => items.put({ pk, sk: padded(number), ...entry })));
  await items.update(runKey(id), { number }, { text: 'attribute_exists(#pk)' });
  return { ...asked, number };
}
