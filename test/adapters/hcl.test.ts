import { describe, expect, it } from 'vitest';
import { parseHcl } from '../../adapters/hcl.ts';
import { InvalidInput } from '../../core/errors.ts';

describe('parseHcl', () => {
  it('makes a list of every block', async () => {
    const parsed = await parseHcl(
      'a/main.tf',
      'module "x" {\n  source = "./y"\n}\nlocals {\n  a = "${var.b}"\n}\n',
    );

    expect(parsed).toEqual({ module: { x: [{ source: './y' }] }, locals: [{ a: '${var.b}' }] });
  });

  it('reads JSON as it is', async () => {
    expect(await parseHcl('a/main.tf.json', '{"locals":{"a":1}}')).toEqual({ locals: { a: 1 } });
  });

  it.each([
    ['a/main.tf', 'a = ', /^a\/main\.tf:1:5: Missing expression; /],
    ['a/main.tf', '\nmodule "x" {\n', /^a\/main\.tf:2:12: Unclosed configuration block; /],
    ['a/main.tf', 'a = "x\n', /^a\/main\.tf:1:7: Invalid multi-line string; [^\]]*terraform fmt/],
    ['a/main.tf.json', '{"a":}', /^a\/main\.tf\.json: Unexpected token/],
    ['a/main.tf.json', '[]', /^a\/main\.tf\.json: must be a JSON object/],
  ])('says where %s is wrong: %j', async (path, text, expected) => {
    const parsing = parseHcl(path, text);

    await expect(parsing).rejects.toThrow(InvalidInput);
    await expect(parsing).rejects.toThrow(expected);
  });
});
