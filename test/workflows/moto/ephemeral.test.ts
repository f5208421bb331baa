import { describe } from 'vitest';
import { NO_MOTO } from '../../support/aws/moto.ts';
import { EPHEMERALS } from '../scenarios/ephemeral.ts';
import { REFUSED } from '../scenarios/ephemeral-refused.ts';
import { playOnMoto } from './play.ts';

describe.skipIf(NO_MOTO)(`ephemeral environments on moto${NO_MOTO ? ` (skipped: ${NO_MOTO})` : ''}`, () => {
  playOnMoto({ ...EPHEMERALS, ...REFUSED });
});
