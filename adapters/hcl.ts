import { InvalidInput } from '../core/errors.ts';
import type { Hcl } from '../core/ports.ts';

/** The official parser, as WebAssembly. Loaded with the first file: that takes about half a second. */
export const parseHcl: Hcl = async (path, text) => {
  const json = path.endsWith('.json');
  try {
    if (json) return objectOf(path, JSON.parse(text));
    // A static import would be one of every bundle that holds this file, from its start.
    const { parse } = await import('@cdktf/hcl2json');
    return await parse(path, text);
  } catch (error) {
    if (error instanceof InvalidInput) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new InvalidInput(
      `${positioned(path, why)} Run \`terraform fmt\` or \`terraform validate\` there.`,
      { cause: error },
    );
  }
};

function objectOf(path: string, value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new InvalidInput(`${path}: must be a JSON object. See the JSON syntax of Terraform.`);
}

/** The first of `parse config: [main.tf:3,5-6: Unclosed …; … main.tf:4,1-2: …]`, as `main.tf:3:5: Unclosed …`. */
function positioned(path: string, why: string): string {
  const [, line, column, message] =
    /:(\d+),(\d+)(?:-[\d,]+)?: (.+?)(?=\s\S+:\d+,\d+-[\d,]+: |\]?$)/s.exec(why) ?? [];
  const text = (message ?? why).trim().replace(/\s+/g, ' ').replace(/\.?$/, '.');
  return line === undefined ? `${path}: ${text}` : `${path}:${line}:${column}: ${text}`;
}
