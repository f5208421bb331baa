import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ENDED, type Run } from '../../core/requests/run.ts';
import { expectThat, post, until } from './look.ts';
import type { Teller } from './story.ts';
import { type DemoWorld, REPOSITORY } from './world.ts';

/** What people do with an environment that stands: look for drift, run a command, freeze it. */
export async function byHand(world: DemoWorld, tell: Teller): Promise<void> {
  tell.chapter('4. Somebody changes things by hand');
  const note = path.join(world.shop.home, 'note.txt');
  await writeFile(note, 'Restarted the shop by hand on Sunday.\n');
  const found = await ask(world, { command: 'drift', environment: 'prod' });
  expectThat(/^Drift in network/.test(found.title), `the look for drift says "${found.title}"`);
  const [issue] = await world.bob.issues();
  expectThat(issue?.state === 'open', 'no issue tells of the drift');
  tell.line(
    `A note is left on the machine. cairn drift prod: ${found.title}; Cairn opened an issue: ${issue?.html_url}`,
  );

  await rm(note);
  const after = await ask(world, { command: 'drift', environment: 'prod' });
  const [closed] = await world.bob.issues();
  expectThat(
    /^No drift/.test(after.title) && closed?.state === 'closed',
    `the issue is ${closed?.state}: ${after.title}`,
  );
  tell.line(`The note is gone. cairn drift prod: ${after.title}; the issue is closed.`);

  const listed = await ask(world, {
    command: 'run',
    environment: 'prod',
    project: 'app',
    args: ['state', 'list'],
  });
  tell.line(
    `cairn run -e prod -p app -- state list: ${listed.title}. ${world.server.host.ports.links.run(listed.id)}`,
  );

  await send(world, { command: 'freeze', environment: 'prod', reason: 'nobody is in the office' });
  const refused = await ask(world, { command: 'deploy', environment: 'prod', retry: true });
  expectThat(
    refused.state === 'failed' && /frozen/.test(refused.title),
    `a deployment of it ended ${refused.state}: ${refused.title}`,
  );
  tell.line(`cairn freeze prod --reason "nobody is in the office". A deployment now: ${refused.title}`);
  await send(world, { command: 'unfreeze', environment: 'prod' });
}

function send(world: DemoWorld, request: Record<string, unknown>): Promise<Record<string, unknown>> {
  return post(`${world.server.url}/api/v1/requests`, world.server.adminToken, {
    repository: REPOSITORY,
    ...request,
  });
}

/** As `cairn …` does: asks, and waits for the run. */
async function ask(world: DemoWorld, request: Record<string, unknown>): Promise<Run> {
  const answer = await send(world, request);
  const [id] = answer['started'] as string[];
  return until(`the end of run ${id}`, async () => {
    const run = await world.server.host.ports.runs.get(id ?? '');
    return run && ENDED.includes(run.state) ? run : undefined;
  });
}
