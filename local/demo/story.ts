import path from 'node:path';
import { execa } from 'execa';
import { ENDED, type Run } from '../../core/requests/run.ts';
import { applyChange, readChange, type StoryName } from '../../examples/shop-story/apply.ts';
import { installRoot } from '../root.ts';
import { ofAPullRequest, takenDown } from './ephemeral.ts';
import { expectThat, getJson, post, readable, until } from './look.ts';
import type { PullPage } from './people.ts';
import { byHand, mergedWhileFrozen } from './standing.ts';
import type { Teller } from './teller.ts';
import { type DemoWorld, REPOSITORY } from './world.ts';

/** Where the story is told: a heading, a line, and something seen that the story depends on. */
/**
 * The main job, played on real Git and real Terraform. Every claim is looked up before it is told; one that
 * does not hold throws.
 */
export async function playStory(world: DemoWorld, tell: Teller): Promise<void> {
  await firstDeployment(world, tell);
  await goodChange(world, tell);
  await badChange(world, tell);
  await byHand(world, tell);
  await theRecord(world, tell);
}

async function firstDeployment(world: DemoWorld, tell: Teller): Promise<void> {
  tell.chapter('A repository with three Terraform projects');
  const commit = await world.checkout.push('main', 'The shop: network, data, app', world.shopFiles);
  tell.line(
    `bob pushed examples/shop to main (${commit.slice(0, 7)}). Nothing was deployed before, so each wave asks.`,
  );
  await approveUntilEnded(world, tell, commit);
  const health = await getJson(`${world.shop.url}/healthz`);
  tell.line(`The shop answers at ${world.shop.url} (release ${health['release']}).`);
}

async function goodChange(world: DemoWorld, tell: Teller): Promise<void> {
  tell.chapter('1. A pull request gets a plan');
  const pull = await openPull(world, '01-better-prices');
  tell.line(`bob opened #${pull.number} "${pull.title}": ${pull.html_url}`);
  const plan = await commentOn(world, pull, 'cairn:plan:prod');
  tell.line('Cairn commented:');
  tell.show(readable(plan));
  const check = await until('the check', async () =>
    (await world.bob.checks(pull.head.sha)).find((c) => c.name === 'cairn: prod' && c.conclusion !== null),
  );
  expectThat(check.conclusion === 'success', `the check is ${check.conclusion}`);
  tell.line(`and set the check "${check.name}": ${check.conclusion}, ${check.title}`);

  tell.chapter('2. The pull request gets an environment of its own, for a time');
  await ofAPullRequest(world, tell, pull);

  tell.chapter('3. It is merged: planned, approved, applied, verified, recorded');
  const merged = await world.alice.merge(pull.number);
  tell.line(`alice merged it (${merged.slice(0, 7)}).`);
  await approveOnPull(world, tell, pull, merged);
  const run = await endOf(world, merged);
  expectThat(run.state === 'succeeded', `run ${run.number} ended ${run.state}: ${run.title}`);
  tell.line(`${run.title}. ${world.server.host.ports.links.run(run.id)}`);
  const page = await (await fetch(world.shop.url)).text();
  expectThat(page.includes('Tent for two'), 'the shop does not sell tents');
  tell.line('The shop sells tents now.');
  await takenDown(world, tell, pull);
}

async function badChange(world: DemoWorld, tell: Teller): Promise<void> {
  tell.chapter('4. prod is frozen: nothing is applied');
  const pull = await openPull(world, '02-reviews');
  tell.line(`bob opened #${pull.number} "${pull.title}": ${pull.html_url}`);
  await commentOn(world, pull, 'cairn:plan:prod');
  tell.line('Its plan looks fine.');
  const merged = await mergedWhileFrozen(world, tell, pull);

  tell.chapter('5. The change is a bad one, and fails half way');
  await approveOnPull(world, tell, pull, merged);
  const run = await endOf(world, merged);
  expectThat(run.state === 'rolled-back', `run ${run.number} ended ${run.state}: ${run.title}`);
  tell.line(`${run.title.slice(0, 300)}`);
  const health = await getJson(`${world.shop.url}/healthz`);
  expectThat(health['release'] === '1.1.0', `the shop is at ${health['release']}`);
  tell.line(
    `The shop answers again, at the last good release (${health['release']}). ${world.server.host.ports.links.run(run.id)}`,
  );
  const [revert] = (await world.alice.pulls('open')).filter((p) =>
    p.head.ref.startsWith('cairn/revert-prod-'),
  );
  expectThat(revert !== undefined, 'no revert pull request was opened');
  tell.line(`Cairn opened #${revert?.number} "${revert?.title}": ${revert?.html_url}`);
  tell.show(withoutLog(readable(revert?.body ?? '')));
  const reverted = await world.alice.merge(revert?.number ?? 0);
  const after = await endOf(world, reverted);
  expectThat(after.state === 'succeeded', `run ${after.number} ended ${after.state}: ${after.title}`);
  tell.line(`alice merged it (${reverted.slice(0, 7)}): ${after.title}. main and prod are the same again.`);
}

async function theRecord(world: DemoWorld, tell: Teller): Promise<void> {
  tell.chapter('7. What happened stands in Git');
  const dir = world.forge.gitDir(REPOSITORY);
  const args = ['--git-dir', dir, 'log', '--format=%h %s', 'cairn/record'];
  const { stdout } = await execa('git', args);
  tell.line('git log cairn/record, the newest first:');
  tell.show(stdout);
  const told = ['deployed', 'rolled back', 'drift in', 'frozen by', 'destroyed'];
  const missing = told.filter((words) => !stdout.includes(words));
  expectThat(missing.length === 0, `the record does not tell of: ${missing.join(', ')}`);
}

/** A text without its first code block: the log's last lines. */
function withoutLog(markdown: string): string {
  return markdown.replace(/^(`{3,})\n.*?\n\1$/ms, '(the last lines of its log)');
}

async function openPull(world: DemoWorld, name: StoryName): Promise<PullPage> {
  const change = await readChange(name, path.join(installRoot(), 'examples', 'shop-story'));
  await world.checkout.push(change.branch, change.title, (dir) => applyChange(dir, change));
  return world.bob.openPull({ title: change.title, body: change.body, head: change.branch, base: 'main' });
}

async function commentOn(world: DemoWorld, pull: PullPage, marker: string): Promise<string> {
  return until(`the comment on #${pull.number}`, async () => {
    const found = (await world.bob.comments(pull.number)).find((c) => c.body.includes(`<!-- ${marker}`));
    return found && !/running|Planning/i.test(found.body.split('\n')[1] ?? '') ? found.body : undefined;
  });
}

/** As a person does: reads the digest in the comment and answers under it. */
async function approveOnPull(world: DemoWorld, tell: Teller, pull: PullPage, commit: string): Promise<void> {
  const command = await until('the question for approval', async () => {
    const run = await runOf(world, commit);
    if (run && ENDED.includes(run.state))
      throw new Error(`run ${run.number} ended ${run.state}: ${run.title}`);
    if (run?.state !== 'waiting') return undefined;
    const bodies = (await world.bob.comments(pull.number)).map((c) => c.body);
    return bodies
      .map((body) => /\/cairn approve prod [0-9a-f]{7}/.exec(body)?.[0])
      .find((found) => found !== undefined);
  });
  tell.line(`Cairn planned it again on main and waits. alice comments: ${command}`);
  await world.alice.comment(pull.number, command);
}

/** The first deployment has no pull request: the operator answers, once per wave. */
async function approveUntilEnded(world: DemoWorld, tell: Teller, commit: string): Promise<void> {
  const { ports } = world.server.host;
  for (;;) {
    const run = await until('the first deployment', async () => {
      const found = await runOf(world, commit);
      return found && (found.state === 'waiting' || ENDED.includes(found.state)) ? found : undefined;
    });
    if (run.state !== 'waiting') {
      expectThat(run.state === 'succeeded', `run ${run.number} ended ${run.state}: ${run.title}`);
      tell.line(`${run.title}. ${ports.links.run(run.id)}`);
      return;
    }
    const waiting = await ports.approvals.get(REPOSITORY, 'prod');
    if (!waiting) continue;
    const digest = waiting.digest.slice(0, 7);
    tell.line(`The operator reads the plan and types: cairn approve prod ${digest}`);
    await post(`${world.server.url}/api/v1/requests`, world.server.adminToken, {
      command: 'approve',
      repository: REPOSITORY,
      environment: 'prod',
      digest,
    });
    await until('the approval to be taken', async () => {
      const now = await ports.approvals.get(REPOSITORY, 'prod');
      return now?.token === waiting.token ? undefined : true;
    });
  }
}

async function endOf(world: DemoWorld, commit: string): Promise<Run> {
  return until('the end of the run', async () => {
    const run = await runOf(world, commit);
    return run && ENDED.includes(run.state) ? run : undefined;
  });
}

async function runOf(world: DemoWorld, commit: string): Promise<Run | undefined> {
  const filter = { repository: REPOSITORY, workflow: 'deploy' as const, limit: 20 };
  return (await world.server.host.ports.runs.list(filter)).find((run) => run.commit === commit);
}
