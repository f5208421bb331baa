import type { Run } from '../../core/requests/run.ts';
import type { Files } from '../support/real-clone.ts';
import { type Root, root } from '../support/real-roots.ts';
import type { World } from '../support/world.ts';

/**
 * What must come out the same whoever hosts Cairn: from a signed webhook to what stands on the forge. The states
 * that a run entered are part of it, so that two engines that reach one end by different ways are told apart.
 */
export interface Scenario {
  name: string;
  play(world: World): Promise<Outcome>;
  expected: Outcome;
}

type Outcome = Record<string, unknown>;

export const NETWORK_THEN_APP = 'projects:\n  - dir: network\n  - dir: app\n    depends_on: [network]\n';

export const CLAIMED = ['ClaimRun', 'IsClaimed'];
/** With the environment's lock. */
export const HELD = [...CLAIMED, 'ClaimLock', 'IsHeld'];
export const RELEASED = ['ReleaseLock', 'EndRun'];
export const NEXT = ['NextWave', 'WhatIsNext'];
export function planned(jobs: number): string[] {
  return [...NEXT, 'PlanProjects', ...Array<string>(jobs).fill('PlanProject'), 'ReviewPlans', 'ArePlansGood'];
}

export function applied(jobs: number): string[] {
  return [
    ...NEXT,
    'ApplyProjects',
    ...Array<string>(jobs).fill('ApplyProject'),
    'ReviewApplies',
    'AreApplied',
  ];
}

export function files(world: World, name: string, options: Root): Files {
  return root(world.log, name, options);
}

export async function steps(world: World, run: Run): Promise<string[]> {
  return (await world.hosted.steps(run)).map((state) => state.split('/').at(-1) ?? '');
}
