import { expect, test } from 'vitest';
import { waveWords } from '../../../core/runs/wave-words.ts';
import { aPass, progress } from '../../api/story.ts';

test('what is destroyed is not said to be applied', () => {
  const pass = aPass([progress('app'), progress('old', { destroy: true }), progress('net')]);

  expect(waveWords(pass, ['app', 'net'], 'begins')).toBe('Applies app, net.');
  expect(waveWords(pass, ['old'], 'begins')).toBe('Destroys old.');
  expect(waveWords(pass, ['app', 'old'], 'done')).toBe('Applied app. Destroyed old.');
});
