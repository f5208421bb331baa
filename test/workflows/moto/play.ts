import { afterAll, beforeAll, expect, test } from 'vitest';
import { readHistory, readRecord } from '../../../core/record/read.ts';
import { type MotoEngine, startMotoEngine } from '../../support/aws/moto-engine.ts';
import { createWorld, REPOSITORY, type World } from '../../support/memory-world.ts';
import type { Scenarios } from '../scenarios/scenario.ts';

/** Plays each on Step Functions as moto interprets them, and here: both have to come to the same end by the same steps. */
export function playOnMoto(scenarios: Scenarios): void {
  let moto: MotoEngine;
  beforeAll(async () => {
    moto = await startMotoEngine();
  });
  afterAll(() => moto.close());

  test.each(Object.entries(scenarios))('%s', async (_name, play) => {
    const [there, here] = [createWorld({ engine: await moto.next() }), createWorld()];

    await play(there).finally(() => there.close());
    await play(here).finally(() => here.close());

    expect(await outcome(there)).toEqual(await outcome(here));
    expect(steps(there)).toEqual(steps(here));
  });
}

/** All that Cairn left behind, in its own stores and on the forge. */
async function outcome({ ports, state, jobs }: World): Promise<Record<string, unknown>> {
  const runs = await ports.runs.list({ repository: REPOSITORY, limit: 100 });
  const told = runs.map(async ({ id }) =>
    (await ports.runs.events(id)).map(({ kind, message }) => `${kind}: ${message}`),
  );
  const { comments, checks } = ports.reports;
  return {
    runs,
    told: await Promise.all(told),
    state: Object.fromEntries(state),
    jobs: inWaves(jobs),
    // Whose they are: task tokens are the engine's own.
    locks: (await ports.locks.held()).map(({ fence, holder }) => [holder?.runId, fence]),
    record: await readRecord(ports, REPOSITORY, 'prod'),
    history: await readHistory(ports, REPOSITORY, 'prod', 100),
    refs: Object.fromEntries(ports.repository.refs),
    pulls: ports.pulls.all,
    comments: [...comments.values()],
    checks: [...checks.values()],
  };
}

/** The steps and jobs of each run, in the order in which they were asked for. */
function steps({ trace }: World): Record<string, string[]> {
  const runs = new Set(trace.map(({ run }) => run));
  const of = (run: string) => trace.filter((one) => one.run === run).map(({ what }) => what);
  return Object.fromEntries([...runs].sort().map((run) => [run, inWaves(of(run))]));
}

/** Jobs of one wave run side by side: their order says nothing. */
function inWaves(list: string[]): string[] {
  const waves: string[][] = [];
  for (const one of list) {
    const kind = /^(plan|apply) /.exec(one)?.[1];
    const last = waves.at(-1);
    if (kind && last?.[0]?.startsWith(`${kind} `)) last.push(one);
    else waves.push([one]);
  }
  return waves.flatMap((wave) => wave.sort());
}
