import { expect, it } from 'vitest';
import { parseConfig, READING } from '../../../core/config/config.ts';
import { InvalidConfig } from '../../../core/errors.ts';

const ENVIRONMENTS = 'environments: { prod: { branch: main } }\n';

it('takes every command that Cairn runs, and by itself those that only read', () => {
  const more = parseConfig(`${ENVIRONMENTS}commands:\n  allow: [state list, state rm, apply -replace]\n`);
  const none = parseConfig(ENVIRONMENTS);

  expect(more.commands.allow).toEqual(['state list', 'state rm', 'apply -replace']);
  expect(none.commands.allow).toEqual(READING);
});

it('says where the file names a command that there is not', () => {
  const read = () => parseConfig(`${ENVIRONMENTS}commands:\n  allow:\n    - state list\n    - state rn\n`);

  expect(read).toThrow(InvalidConfig);
  expect(read).toThrow(
    'cairn.yaml:5:7: commands.allow[1]: there is no command "state rn", did you mean "state rm"?',
  );
});
