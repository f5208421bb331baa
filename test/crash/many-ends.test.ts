import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Ephemeral } from '../../core/ephemeral/environment.ts';
import { keepCommit } from '../../core/ephemeral/forget.ts';
import { scheduleEnd } from '../../core/ephemeral/schedules.ts';
import { stateKey } from '../../core/jobs/keys.ts';
import { mirrorEphemerals } from '../../core/record/ephemeral/ephemeral.ts';
import { readEphemerals } from '../../core/record/ephemeral/read.ts';
import { readState, writeState } from '../../local/jobs/states.ts';
import { config, root } from '../support/real-roots.ts';
import { REPOSITORY, type RealWorld, startRealWorld } from '../support/real-world.ts';

const MANY = 200;
/** All of them within one minute. */
const ENDS_IN_MS = 8 * 3_600_000;

let world: RealWorld;

beforeEach(async () => {
  world = await startRealWorld();
});

afterEach(async () => {
  await world.close();
});

/** One that terraform made, which all others are copied from. */
async function launched(): Promise<Ephemeral> {
  const policy = `ephemeral:\n  ttl: 8h\n  max_ttl: 24h\n  limit: ${MANY}\nprojects:\n  - dir: network\n`;
  const more = 'variable "cairn_environment" {}\n';
  await world.push({
    ...config('', policy),
    ...root(world.log, 'network', { value: '${var.cairn_environment}', more }),
  });
  await world.ask({ command: 'ephemeral', ref: 'main', name: 'n0', ttl: '8h' }, world.bob.token);
  await world.ended({ environment: 'eph-n0', workflow: 'ephemeral' });
  const made = await world.hosted.ports.ephemerals.get(REPOSITORY, 'eph-n0');
  if (made?.state !== 'ready') throw new Error('the first one does not stand');
  return made;
}

/** As a launch leaves it: known, scheduled, its commit kept, and a state of its own with a resource in it. */
async function copy(first: Ephemeral, at: number): Promise<void> {
  const { ports, jobs } = world.server.host;
  const environment = `eph-n${at}`;
  const endsAt = new Date(Date.parse(first.endsAt ?? '') + (at % 60) * 1000).toISOString();
  const { version: _, ...rest } = first;
  const one = { ...rest, environment, endsAt, runId: String(at).padStart(20, '0') };
  const bytes = await readState(jobs.states, stateKey(first, 'network'));
  const state = JSON.parse(Buffer.from(bytes ?? []).toString('utf8'));
  const own = { ...state, lineage: `${state.lineage.slice(0, -4)}${String(at).padStart(4, '0')}` };
  const text = JSON.stringify(own).replaceAll('eph-n0', environment);
  await writeState(jobs.states, stateKey(one, 'network'), new TextEncoder().encode(text));
  expect(await ports.ephemerals.claim(one, MANY)).toBe('claimed');
  await keepCommit(ports, one, one.commit ?? '');
  await scheduleEnd(ports, one, 1800);
}

async function resourcesLeft(): Promise<string[]> {
  const names = Array.from({ length: MANY }, (_, at) => `eph-n${at}`);
  const states = await Promise.all(names.map((name) => world.state('network', name)));
  return names.filter((_, at) => (states[at]?.resources ?? []).length > 0);
}

test('200 that end in the same minute are all destroyed by terraform, though the server is started anew half way', async () => {
  const { ports } = world.hosted;
  const first = await launched();
  for (let at = 1; at < MANY; at += 1) await copy(first, at);
  await mirrorEphemerals(ports, REPOSITORY, new Date().toISOString());
  const before = [await resourcesLeft(), Object.keys((await readEphemerals(ports, REPOSITORY)).rows)];

  world.pass((ENDS_IN_MS + 60_000) / 3_600_000);
  const stands = async () => (await world.hosted.ports.ephemerals.list(REPOSITORY)).length;
  while ((await stands()) > MANY / 2) await sleep(200);
  await world.restart();
  while ((await stands()) > 0) await sleep(200);

  const after = world.hosted.ports;
  expect(before.map((names) => names.length)).toEqual([MANY, MANY]);
  expect(await resourcesLeft()).toEqual([]);
  const destroyed = (await world.applied()).filter((line) => line.startsWith('- network '));
  expect([destroyed.length, new Set(destroyed).size]).toEqual([MANY, MANY]);
  expect(await after.schedules.list()).toEqual([]);
  // The deploy to prod waits for somebody.
  await world.until('the last lock to be free', async () => {
    const held = (await after.locks.held()).filter(({ environment }) => environment !== 'prod');
    return held.length === 0 ? true : undefined;
  });
  const { rows, history } = await readEphemerals(after, REPOSITORY);
  expect(rows).toEqual({});
  const told = history.filter(({ event }) => event === 'destroyed').map((line) => line.environment);
  expect([told.length, new Set(told).size]).toEqual([MANY, MANY]);
});
