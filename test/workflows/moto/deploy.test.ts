import { describe } from 'vitest';
import { NO_MOTO } from '../../support/aws/moto.ts';
import { DEPLOYS } from '../scenarios/deploy.ts';
import { playOnMoto } from './play.ts';

describe.skipIf(NO_MOTO)(`deploys on moto${NO_MOTO ? ` (skipped: ${NO_MOTO})` : ''}`, () => {
  playOnMoto(DEPLOYS);
});
