import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { freezeOf } from '../../core/environments/freeze.ts';
import { ENDED, type Run } from '../../core/requests/run.ts';
import { expectThat, post, readable, until } from './look.ts';
import type { PullPage } from './people.ts';
import type { Teller } from './teller.ts';
import { type DemoWorld, REPOSITORY } from './world.ts';

/** Drift is made for real, found, told once, and gone; one command of terraform looks at what stands. */
export async function byHand(world: DemoWorld, tell: Teller): Promise<void> {
  tell.chapter('6. Somebody changes something by hand');
  const note = path.join(world.shop.home, 'note.txt');
  await writeFile(note, 'Restarted the shop by hand on Sunday.\n');
  tell.line('Somebody leaves a note.txt in the folder of the shop, where nothing deployed one.');
  tell.line('The operator types: cairn drift prod');
  const found = await ask(world, { command: 'drift', environment: 'prod' });
  expectThat(/^Drift in network/.test(found.title), `the look for drift says "${found.title}"`);
  const [issue] = await world.bob.issues();
  expectThat(issue?.state === 'open', 'no issue tells of the drift');
  tell.line(`${found.title}. Cairn opened #${issue?.number} "${issue?.title}": ${issue?.html_url}`);
  tell.show(diffIn(readable(issue?.body ?? '')));

  await rm(note);
  tell.line('The note is taken away. The operator types: cairn drift prod');
  const after = await ask(world, { command: 'drift', environment: 'prod' });
  const [closed] = await world.bob.issues();
  expectThat(
    /^No drift/.test(after.title) && closed?.state === 'closed',
    `the issue is ${closed?.state}: ${after.title}`,
  );
  tell.line(`${after.title}. Cairn closed #${closed?.number}.`);

  tell.line('The operator types: cairn run -e prod -p app -- state list');
  const args = ['state', 'list'];
  const listed = await ask(world, { command: 'run', environment: 'prod', project: 'app', args });
  const output = await outputOf(world, listed);
  expectThat(output.includes('module.shop.terraform_data.process'), `it printed ${output}`);
  tell.show(output.trimEnd());
}

/** A pull request is merged while nothing may be applied: refused, and deployed after the thaw. Answers the commit. */
export async function mergedWhileFrozen(world: DemoWorld, tell: Teller, pull: PullPage): Promise<string> {
  const { ports } = world.server.host;
  const frozen = async () => (await freezeOf(ports, REPOSITORY, 'prod')) ?? undefined;
  tell.line('alice comments: /cairn freeze prod release week');
  await world.alice.comment(pull.number, '/cairn freeze prod release week');
  await until('the freeze', frozen);
  const commit = await world.alice.merge(pull.number);
  tell.line(`alice merged it all the same (${commit.slice(0, 7)}).`);
  const newest = async () => {
    const [run] = await ports.runs.list({ repository: REPOSITORY, workflow: 'deploy', limit: 1 });
    return run?.commit === commit ? run : undefined;
  };
  const refused = await until('the refusal', async () => {
    const run = await newest();
    return run && ENDED.includes(run.state) ? run : undefined;
  });
  expectThat(
    refused.state === 'refused' && refused.title.includes('frozen by alice: release week'),
    `the deployment ended ${refused.state}: ${refused.title}`,
  );
  tell.line(`Refused: ${refused.title}. ${ports.links.run(refused.id)}`);
  tell.line('alice comments: /cairn unfreeze prod');
  await world.alice.comment(pull.number, '/cairn unfreeze prod');
  await until('the deployment after the thaw', async () => {
    const run = await newest();
    return run && run.number > refused.number ? run : undefined;
  });
  tell.line('What was refused begins anew by itself.');
  return commit;
}

/** The first diff of a text, without what is around it. */
function diffIn(markdown: string): string {
  const diff = /```diff\n(.*?)\n```/s.exec(markdown)?.[1] ?? '';
  expectThat(diff.includes('note.txt'), 'the issue does not show what differs');
  return diff;
}

async function outputOf(world: DemoWorld, run: Run): Promise<string> {
  const answer = await fetch(`${world.server.url}/runs/${run.id}/output.txt`);
  return answer.text();
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
