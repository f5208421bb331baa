import { describe, expect, test } from 'vitest';
import { NO_MOTO } from '../../support/aws/moto.ts';
import { DESTROYS } from '../scenarios/destroy.ts';
import { TAKE_DOWNS } from '../scenarios/destroy-permanent.ts';
import { EXTENSIONS } from '../scenarios/extend.ts';
import type { Scenarios } from '../scenarios/scenario.ts';
import { playOnMoto } from './play.ts';

const ALL: Scenarios = { ...DESTROYS, ...EXTENSIONS, ...TAKE_DOWNS };

/** One for each way through the machines; the rest is what steps decide, whoever calls them. */
const WAYS = [
  'its time is up: it is destroyed without asking, what depends on others first, and forgotten',
  'one that nothing was applied to is forgotten at once',
  'a destroy that fails is tried again in the same run',
  'what cannot be destroyed is leaked: known, shown, recorded, without a schedule, until somebody resolves it',
  'an end over the maximum, without leave for never, or of what is being destroyed is refused',
  'warned of once, extended by what was asked for, and destroyed at its new end',
  'it is rejected: nothing is touched, and the record says so',
  'frozen while it waits for an answer it is refused, whatever was approved',
];

test('each way is one of the scenarios', () => {
  expect(WAYS.filter((name) => !(name in ALL))).toEqual([]);
});

describe.skipIf(NO_MOTO)(`ends on moto${NO_MOTO ? ` (skipped: ${NO_MOTO})` : ''}`, () => {
  playOnMoto(Object.fromEntries(Object.entries(ALL).filter(([name]) => WAYS.includes(name))));
});
