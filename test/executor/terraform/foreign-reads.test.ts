import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PlanJob } from '../../../core/jobs/job.ts';
import { type Bench, createBench, planJob, prepare, type Ran, run } from '../support.ts';

const READ = `
locals { a = 1 }
data "terraform_remote_state" "prod" {
  backend = "local"
  config  = { path = "/nowhere" }
}
`;

let bench: Bench;
beforeAll(async () => {
  bench = await createBench();
});
afterAll(() => bench.end());

/** A repository of modules, as somebody else would have it. Answers its address for a `source`. */
function modules(name: string, text: string): string {
  const dir = join(bench.folder, name);
  mkdirSync(dir);
  writeFileSync(join(dir, 'data.tf'), text);
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@x.test', '-C', dir, ...args]);
  git('init', '--quiet');
  git('add', '.');
  git('commit', '--quiet', '-m', 'modules');
  return `git::file://${dir}`;
}

async function plan(source: string, change: Partial<PlanJob>): Promise<Ran> {
  const files = {
    'main.tf': `module "shared" {\n  source = "${source}"\n}\n`,
    'lib/main.tf': READ,
  };
  return run(bench, await prepare(bench, planJob(change), files));
}

test('a module from Git that reads a state is refused before anything is planned', async () => {
  const source = modules('reads', READ);

  const refused = await plan(source, { ownStates: true });
  const allowed = await plan(source, {});

  expect(refused.result).toMatchObject({
    status: 'refused',
    error: expect.stringContaining(
      `module.shared of app (${source}) reads a state: \`terraform_remote_state\` in data.tf:3.`,
    ),
  });
  expect(refused.result.error).toContain('`ephemeral: { reads: [app] }`');
  expect(refused.log).not.toContain('Planning.');
  // It goes as far as the state that is not there.
  expect(allowed.result).toMatchObject({ status: 'failed' });
  expect(allowed.log).toContain('Planning.');
});

test('one that reads none is good, and what only speaks of it; files of the commit were looked at before', async () => {
  const source = modules('reads-none', '# data "terraform_remote_state" "x" {}\nlocals { a = 1 }\n');

  const elsewhere = await plan(source, { ownStates: true });
  const inCommit = await plan('./lib', { ownStates: true });

  expect(elsewhere.result.status).toBe('ok');
  expect(inCommit.result.status).toBe('failed');
  expect(inCommit.log).toContain('Planning.');
});

test('a label without quotes, with an escape, or behind a comment hides nothing', async () => {
  const all = [
    READ.replace('"terraform_remote_state"', 'terraform_remote_state'),
    READ.replace('remote_state"', 'remote\\u005fstate"'),
    READ.replace('data ', 'data /*\n// */ '),
  ].map((text, index) => modules(`hidden-${index}`, text));

  const ran = await Promise.all(all.map((source) => plan(source, { ownStates: true })));

  expect(ran.map(({ result }) => result.status)).toEqual(['refused', 'refused', 'refused']);
});

test('what a module says of a block that is not there is no block', async () => {
  const source = modules('speaks-of-it', 'variable "it" {\n  default = "data.terraform_remote_state.x"\n}\n');

  const ran = await plan(source, { ownStates: true });

  expect(ran.result.status).toBe('ok');
});
