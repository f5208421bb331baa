import { minutes } from '../environments/freeze.ts';
import type { Ports } from '../ports.ts';
import type { Request } from '../requests/request.ts';
import { findPull } from '../runs/pull-part.ts';
import { startRun } from '../runs/start.ts';
import type { Ephemeral } from './environment.ts';

/**
 * A closed pull request's own environment goes. One that somebody asked for keeps its time, which is said. Answers
 * the runs that see to it.
 */
export async function endOfPull(
  request: Extract<Request, { command: 'closed' }>,
  ports: Pick<Ports, 'ephemerals' | 'pulls' | 'reports' | 'workflows'>,
): Promise<string[]> {
  const { repository, pull, origin } = request;
  // A webhook may come days late: what was opened again since keeps what it has.
  if ((await findPull(ports, repository, pull))?.state === 'open') return [];
  const own = (await ports.ephemerals.list(repository)).filter((one) => one.pull === pull);
  const started = await Promise.all(
    own
      .filter(({ automatic }) => automatic)
      .map(({ environment }) =>
        startRun(
          'destroy',
          { command: 'destroy', repository, environment, reason: 'closed', pull, origin },
          environment,
          ports,
        ),
      ),
  );
  // Afterwards: a conversation that nobody may write in keeps nothing alive.
  for (const one of own.filter(isKept)) await ports.reports.createComment(repository, pull, keptText(one));
  return started;
}

function isKept({ automatic, state }: Ephemeral): boolean {
  return !automatic && (state === 'ready' || state === 'launching');
}

/** The marker makes it one comment, however often it is told. */
function keptText({ environment, endsAt }: Ephemeral): string {
  const until = endsAt === null ? 'until somebody takes it down' : `until ${minutes(endsAt)}`;
  return `<!-- cairn:kept:${environment} -->\nThis pull request is closed, but \`${environment}\` was asked for by hand, so it stays ${until}. \`/cairn down ${environment}\` takes it down now.\n`;
}
