import { minutes } from '../../core/environments/freeze.ts';
import { pullEnvironment } from '../../core/ephemeral/name.ts';
import { ENDED } from '../../core/requests/run.ts';
import { expectThat, until } from './look.ts';
import type { PullPage } from './people.ts';
import type { Teller } from './teller.ts';
import { type DemoWorld, REPOSITORY } from './world.ts';

/** A pull request's own shop, with a time to live. */
export async function ofAPullRequest(world: DemoWorld, tell: Teller, pull: PullPage): Promise<void> {
  const { ports } = world.server.host;
  const environment = pullEnvironment(pull.number);
  tell.line('bob wants to try it before it is merged, and comments: /cairn up ttl=2h');
  await world.bob.comment(pull.number, '/cairn up ttl=2h');
  const made = await until(`${environment}`, async () => {
    const [run] = await ports.runs.list({
      repository: REPOSITORY,
      environment,
      workflow: 'ephemeral',
      limit: 1,
    });
    if (run && ENDED.includes(run.state) && run.state !== 'succeeded') throw new Error(`${run.title}`);
    const found = await ports.ephemerals.get(REPOSITORY, environment);
    return found?.state === 'ready' ? found : undefined;
  });
  const url = Object.values(made.outputs)[0] ?? '';
  const page = await (await fetch(url)).text();
  expectThat(page.includes('Tent for two'), `${url} does not sell tents`);
  tell.line(
    `Cairn made ${environment} from its commit ${made.commit?.slice(0, 7)}, with a state of its own.`,
  );
  tell.line(`${url} sells tents already. It ends by itself at ${minutes(made.endsAt ?? '')}.`);

  tell.line('bob comments: /cairn extend 1h');
  await world.bob.comment(pull.number, '/cairn extend 1h');
  const extended = await until('the new end', async () => {
    const found = await ports.ephemerals.get(REPOSITORY, environment);
    return found && found.endsAt !== made.endsAt ? found : undefined;
  });
  const [before, now] = [made.endsAt, extended.endsAt].map((at) => Date.parse(at ?? ''));
  expectThat((now ?? 0) - (before ?? 0) === 3_600_000, `it ends at ${extended.endsAt}, not an hour later`);
  tell.line(`It ends an hour later now, at ${minutes(extended.endsAt ?? '')}.`);
}

/** Nobody needs it any more. */
export async function takenDown(world: DemoWorld, tell: Teller, pull: PullPage): Promise<void> {
  const environment = pullEnvironment(pull.number);
  await world.bob.comment(pull.number, '/cairn down');
  await until(`the end of ${environment}`, async () =>
    (await world.server.host.ports.ephemerals.get(REPOSITORY, environment)) === null ? true : undefined,
  );
  tell.line(`bob comments: /cairn down`);
  tell.line(`${environment} is destroyed; nothing is left in its state.`);
}
