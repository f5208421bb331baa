import { describe } from 'vitest';
import { NO_MOTO } from '../../support/aws/moto.ts';
import { PLANS } from '../scenarios/plan.ts';
import { playOnMoto } from './play.ts';

describe.skipIf(NO_MOTO)(`plans on moto${NO_MOTO ? ` (skipped: ${NO_MOTO})` : ''}`, () => {
  playOnMoto(PLANS);
});
