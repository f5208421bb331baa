import { describe } from 'vitest';
import { NO_MOTO } from '../../support/aws/moto.ts';
import { ROLLBACKS } from '../scenarios/rollback.ts';
import { playOnMoto } from './play.ts';

describe.skipIf(NO_MOTO)(`rollbacks on moto${NO_MOTO ? ` (skipped: ${NO_MOTO})` : ''}`, () => {
  playOnMoto(ROLLBACKS);
});
