import { describe } from 'vitest';
import { NO_MOTO } from '../../support/aws/moto.ts';
import { COMMANDS } from '../scenarios/run.ts';
import { HELD } from '../scenarios/run-held.ts';
import { TURNS } from '../scenarios/run-turn.ts';
import type { Scenarios } from '../scenarios/scenario.ts';
import { playOnMoto } from './play.ts';

/** One for each way through the workflow; what else there is, is about steps, which are the same here. */
const WAYS = [
  'a command that reads runs on what stands, whatever the pull request says that it was asked for on',
  'a command that writes waits for a person under the lock, and is recorded',
  'an answer to another command does not count, and a rejection leaves everything as it was',
  'a replacement becomes a deployment of the last good commit, with its plan and its approval',
  'one that was approved while its environment was frozen is not run',
  'one that was killed in the middle is not run again, and one that never began changed nothing',
  'where nothing was ever deployed, that is said',
];

function ways(): Scenarios {
  const all: Scenarios = { ...COMMANDS, ...HELD, ...TURNS };
  return Object.fromEntries(
    WAYS.map((name) => {
      const play = all[name];
      if (!play) throw new Error(`there is no scenario "${name}"`);
      return [name, play];
    }),
  );
}

describe.skipIf(NO_MOTO)(`terraform commands on moto${NO_MOTO ? ` (skipped: ${NO_MOTO})` : ''}`, () => {
  playOnMoto(ways());
});
