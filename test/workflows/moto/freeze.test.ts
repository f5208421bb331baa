import { describe } from 'vitest';
import { NO_MOTO } from '../../support/aws/moto.ts';
import { FREEZES } from '../scenarios/freeze.ts';
import { THAWS } from '../scenarios/thaw.ts';
import { UNLUCKY_THAWS } from '../scenarios/thaw-unlucky.ts';
import { playOnMoto } from './play.ts';

describe.skipIf(NO_MOTO)(`freezes on moto${NO_MOTO ? ` (skipped: ${NO_MOTO})` : ''}`, () => {
  playOnMoto({ ...FREEZES, ...THAWS, ...UNLUCKY_THAWS });
});
