import type { Ports } from '../ports.ts';
import { readJson } from '../runs/store.ts';
import type { EphemeralNews } from './ephemeral/schema.ts';

/**
 * What waits to be written to the record, where every writer sees it. By the hour, so that only the newest are looked
 * at: whoever put one there writes it itself if nobody else did.
 */
function prefixOf(repository: string, at: string): string {
  return `record-news/${repository}/${at.slice(0, 13)}/`;
}

export async function putNews(
  ports: Pick<Ports, 'artifacts'>,
  repository: string,
  news: EphemeralNews,
): Promise<void> {
  const key = `${prefixOf(repository, news.at)}${news.run}-${news.event}.json`;
  await ports.artifacts.putNew(key, JSON.stringify(news));
}

/** Those of this hour and the one before that are not told yet, oldest first. */
export async function pendingNews(
  ports: Pick<Ports, 'artifacts'>,
  repository: string,
  at: string,
  isPending: (one: Pick<EphemeralNews, 'run' | 'event'>) => boolean,
): Promise<EphemeralNews[]> {
  const before = new Date(Date.parse(at) - 3_600_000).toISOString();
  const prefixes = [prefixOf(repository, before), prefixOf(repository, at)];
  const keys = (await Promise.all(prefixes.map((prefix) => ports.artifacts.list(prefix)))).flat();
  const waiting = keys.filter((key) => isPending(nameOf(key)));
  // A step that was repeated in another hour has put it there twice.
  const once = new Map(waiting.map((key) => [key.split('/').at(-1), key]));
  const news = await Promise.all([...once.values()].map((key) => readJson<EphemeralNews>(ports, key)));
  return news.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.run < b.run ? -1 : 1));
}

function nameOf(key: string): Pick<EphemeralNews, 'run' | 'event'> {
  const [run = '', event = ''] = (key.split('/').at(-1) ?? '').replace(/\.json$/, '').split('-');
  return { run, event: event as EphemeralNews['event'] };
}
