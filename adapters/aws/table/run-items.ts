import type { StatusEvent } from '../../../core/reports/event.ts';
import { ENDED, type Run } from '../../../core/requests/run.ts';
import { type Item, type Key, text } from './items.ts';
import { ACTIVE } from './table.ts';

/** How the run index stands in the table; table.ts has the map. */

const RUN = 'run';
export const EVENT = 'event#';
export const REPOSITORIES = 'repositories';

export function runKey(id: string): Key {
  return { pk: `run#${id}`, sk: RUN };
}

export function eventKey(runId: string, seq: number): Key {
  return { pk: `run#${runId}`, sk: `${EVENT}${padded(seq)}` };
}

export function counterKey(repository: string): Key {
  return { pk: REPOSITORIES, sk: repository };
}

/** Sort keys are texts: as long as they are equally long, they sort like their numbers. */
export function padded(number: number): string {
  return String(number).padStart(9, '0');
}

/** Without its number, which is an attribute: it is given after the item is there. */
type Asked = Omit<Run, 'number'>;

export function newRunItem(run: Asked): Item {
  const { startedAt } = run;
  return { ...runKey(run.id), body: JSON.stringify(run), merged: 0, startedAt, ...activity(run) };
}

export function askedOf(item: Item): Asked {
  return JSON.parse(text(item, 'body')) as Asked;
}

/** Null while no number was given to it. */
export function runOf(item: Item): Run | null {
  const number = item['number'];
  return typeof number === 'number' ? { ...askedOf(item), number } : null;
}

/** The attribute that puts an active run into the index; undefined takes it out. */
export function activity({ state }: Pick<Run, 'state'>): { active?: string } {
  return ENDED.includes(state) ? {} : { active: ACTIVE };
}

export interface StoredEvent {
  event: StatusEvent;
  sent: boolean;
}

export function eventOf(item: Item): StoredEvent {
  return { event: JSON.parse(text(item, 'body')) as StatusEvent, sent: item['sent'] === true };
}

/** Partitions that list a run by its number, from all of a repository's to a pull request's. */
export function partitionsOf(run: Pick<Run, 'repository' | 'environment' | 'workflow' | 'pull'>): string[] {
  const { repository, environment, workflow, pull } = run;
  const all = `runs#${repository}`;
  return [
    all,
    `${all}#${environment}#${workflow}`,
    ...(pull === null ? [] : [pullPartition(repository, pull)]),
  ];
}

export function pullPartition(repository: string, pull: number): string {
  return `runs#${repository}#pull#${pull}`;
}
