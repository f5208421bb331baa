import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { READING } from '../../../core/config/config.ts';
import { InvalidInput, NotAllowed } from '../../../core/errors.ts';
import { COMMANDS } from '../../../core/terraform/allowlist.ts';
import { checkCommand } from '../../../core/terraform/check-command.ts';

const args = (line: string): string[] => line.split(' ');

describe('what is run', () => {
  it.each([
    ['state list', 'read'],
    ['state list module.app["x"] data.aws_ami.base', 'read'],
    ['state list -id=i-0123', 'read'],
    ['state show module.a[0].aws_instance.web["k.1"]', 'read'],
    ['output', 'read'],
    ['output -json url', 'read'],
    ['output -raw url', 'read'],
    ['show', 'read'],
    ['validate -json', 'read'],
    ['version', 'read'],
    ['providers', 'read'],
    ['graph -type=plan-destroy', 'read'],
    ['import aws_instance.web i-0123', 'write'],
    ['import aws_iam_role.a[0] arn:aws:iam::1:role/x', 'write'],
    ['state mv module.a module.b["x"]', 'write'],
    ['state rm -dry-run aws_instance.web', 'write'],
    ['taint aws_instance.web', 'write'],
    ['untaint -allow-missing aws_instance.web', 'write'],
    ['force-unlock 5f1b4e0a-7a7c-1f0e-9f5e-2f2f2f2f2f2f', 'write'],
  ])('%s', (line, kind) => {
    const checked = checkCommand(args(line), COMMANDS);

    expect(checked).toMatchObject({ kind, args: args(line) });
  });

  it('puts flags in front, with one dash, and leaves out what changes nothing', () => {
    const checked = checkCommand(['output', 'url', '--json', '-no-color', '-json'], COMMANDS);

    expect(checked.args).toEqual(['output', '-json', 'url']);
  });

  it('takes an apply that replaces, for a deployment', () => {
    const checked = checkCommand(['apply', '-replace=a.b', '--replace=a.c["x"]', '-replace=a.b'], COMMANDS);

    expect(checked).toMatchObject({ kind: 'replace', replace: ['a.b', 'a.c["x"]'] });
  });
});

describe('what is not', () => {
  it.each([
    ['state list -state=/etc/passwd', /not run with `-state=.*it takes -id=…/],
    ['plan', /does not run `terraform plan`/],
    ['destroy', /does not run `terraform destroy`/],
    ['state push x', /does not run `terraform state push`/],
    ['stat list', /does not run/],
    ['state lst', /`terraform state lst`, did you mean "state list"\? It runs: /],
    ['terraform state list', /What stands behind `terraform` is enough/],
    ['workspace list', /does not run/],
    ['init', /does not run/],
    ['fmt', /does not run/],
    ['constructor', /does not run/],
    ['__proto__', /does not run/],
    ['-chdir=/ output', /does not run/],
    ['show -json', /with `-json` it would print them/],
    ['show --json', /with `-json` it would print them/],
    ['show /etc/passwd', /takes no argument/],
    ['state pull', /prints the secrets/],
    ['console', /secrets/],
    ['output -state=x', /not run with/],
    ['output a b', /takes 0 to 1 argument/],
    ['output ../x', /not the name of an output/],
    ['state show', /takes 1 argument/],
    ['state show module.a', /not the address of a resource/],
    ['state show aws_x.y["a', /not the address/],
    ['import -var-file=x a.b c', /it takes no flag/],
    ['import -config=/ a.b c', /it takes no flag/],
    ['import -lock=false a.b c', /it takes no flag/],
    ['import a.b', /takes 2 arguments/],
    ['import data.a.b c', /not the address of a resource/],
    ['state rm -backup=/tmp/x a.b', /not run with/],
    ['state rm', /takes 1 to 50/],
    ['state rm -dry-run=false a.b', /takes no value/],
    ['graph -plan=x', /not run with/],
    ['graph -type=x', /is not plan, plan-refresh-only/],
    ['graph -type', /written with its value/],
    ['state list -id=-x', /behind `-id=`/],
    ['force-unlock -x', /not run with/],
    ['apply', /with -replace=ADDRESS only/],
    ['apply plan.tfplan', /takes no argument/],
    ['apply -auto-approve', /not run with/],
    ['apply -replace=data.a.b', /is not the address/],
    ['apply -replace=-x', /is not the address/],
  ])('%s', (line, why) => {
    expect(() => checkCommand(args(line), COMMANDS)).toThrow(why);
  });

  it('what is not listed, with where to list it', () => {
    const ask = () => checkCommand(args('state rm a.b'), READING);

    expect(ask).toThrow(NotAllowed);
    expect(ask).toThrow(/`commands.allow` in cairn.yaml on the default branch/);
    expect(ask).toThrow(/Allowed are: state list, state show/);
  });

  it('nothing at all', () => {
    expect(() => checkCommand([], COMMANDS)).toThrow(NotAllowed);
    expect(() => checkCommand([''], COMMANDS)).toThrow(NotAllowed);
    expect(() => checkCommand(['state list'], COMMANDS)).toThrow(NotAllowed);
  });
});

it('of whatever is asked, terraform gets only flags and arguments of the table', () => {
  const word = fc.oneof(
    fc.constantFrom(...COMMANDS.flatMap((name) => name.split(' '))),
    fc.constantFrom(
      '-json',
      '--json',
      '-raw',
      '-state=x',
      '-lock=false',
      '-id=a',
      '-replace=a.b',
      '-chdir=/',
    ),
    fc.constantFrom('a.b', 'module.x', 'url', '-', '--', '--=', '-=x', '', ';', '$(id)', '\n', 'a.b\n-json'),
    fc.string(),
  );
  const FLAGS = /^-(json|raw|dry-run|allow-missing|force|draw-cycles|type=[a-z-]+|id=[^-].*|replace=[^-].*)$/;

  fc.assert(
    fc.property(fc.array(word, { maxLength: 6 }), fc.subarray([...COMMANDS]), (words, allowed) => {
      let checked: ReturnType<typeof checkCommand>;
      try {
        checked = checkCommand(words, allowed);
      } catch (error) {
        expect(error instanceof InvalidInput || error instanceof NotAllowed).toBe(true);
        return;
      }
      expect(allowed).toContain(checked.name);
      const name = checked.kind === 'replace' ? ['apply'] : checked.name.split(' ');
      expect(checked.args.slice(0, name.length)).toEqual(name);
      const rest = checked.args.slice(name.length);
      const values = rest.findIndex((arg) => !arg.startsWith('-'));
      const flags = values < 0 ? rest : rest.slice(0, values);
      expect(flags.every((flag) => FLAGS.test(flag))).toBe(true);
      expect(rest.slice(flags.length).every((arg) => !/^-|^$|\p{Cc}/u.test(arg))).toBe(true);
      // What was checked once is what it comes to when it is checked again.
      expect(checkCommand(checked.args, allowed).args).toEqual(checked.args);
    }),
    { numRuns: 3000 },
  );
});
