import { calm, cut, oneLine } from '../message.ts';
import type { EphemeralNews } from './schema.ts';

/** Of the commit that tells of one event, or of many at once; none: what exists was put right. */
export function ephemeralMessage(news: EphemeralNews[]): string {
  const [first, ...others] = news;
  if (!first) return 'ephemeral: what exists, put right\n';
  const subject =
    others.length === 0 ? subjectOf(first) : `ephemeral: ${news.length} events (${counts(news)})`;
  const failures = news.filter(({ failure }) => failure !== null);
  const body = failures.map(({ environment, failure }) => `${environment}: ${calm(oneLine(failure ?? ''))}`);
  return `${[cut(subject), ...body, trailers(news).join('\n')].join('\n\n')}\n`;
}

function subjectOf({ environment, event, ref, commit, endsAt, command, failure }: EphemeralNews): string {
  const at = commit === null ? ref : `${ref} at ${commit.slice(0, 7)}`;
  const until = endsAt === null ? 'without an end' : `until ${endsAt.slice(0, 16)}Z`;
  switch (event) {
    case 'made':
    case 'updated':
      return `${environment}: ${event} from ${at}, ${until}`;
    case 'extended':
      return `${environment}: stands ${until}`;
    case 'destroyed':
      return `${environment}: destroyed`;
    case 'leaked':
      return `${environment}: not all of it could be destroyed`;
    case 'failed':
      return `${environment}: failed`;
    case 'ran':
      return `${environment}: ${failure === null ? 'ran' : 'failed to run'} ${calm(command ?? 'a command')}`;
  }
}

function counts(news: EphemeralNews[]): string {
  const events = [...new Set(news.map(({ event }) => event))];
  return events.map((event) => `${news.filter((one) => one.event === event).length} ${event}`).join(', ');
}

function trailers(news: EphemeralNews[]): string[] {
  return news.flatMap(({ run, environment, event, commit, by }) => [
    `Cairn-Run: ${run}`,
    `Cairn-Environment: ${environment}`,
    `Cairn-Outcome: ${event}`,
    ...(commit === null ? [] : [`Cairn-Commit: ${commit}`]),
    ...(by === null ? [] : [`Requested-by: ${by}`]),
  ]);
}
