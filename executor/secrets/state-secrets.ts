import { createHash } from 'node:crypto';
import { readJson } from '../../core/plans/read-json.ts';
import { remoteStatesOf, type StateJson, secretsOfState } from '../../core/plans/secrets.ts';
import type { Terraform } from '../terraform/terraform.ts';

/** What a state tells. */
export interface StateTold {
  /** Its sensitive values. */
  secrets: string[];
  /** Its outputs that are not sensitive. */
  outputs: Record<string, unknown>;
  empty: boolean;
  /** Values of its `terraform_remote_state`: what it took from other states, with no mark left on it. */
  upstream: unknown[];
  /** Of all that it says: the same again as long as nobody changes it. */
  digest: string;
}

/** Null if it could not be read. */
export async function stateSecrets(terraform: Terraform): Promise<StateTold | null> {
  const shown = await terraform.runAfter(['show', '-json']);
  if (shown.code !== 0) return null;
  const state = stateIn(shown.stdout);
  if (state === null) return null;
  const outputs: Record<string, unknown> = {};
  for (const [name, output] of Object.entries(state.values?.outputs ?? {})) {
    if (!output.sensitive) outputs[name] = output.value;
  }
  return {
    secrets: secretsOfState(state),
    outputs,
    empty: isEmpty(state),
    upstream: remoteStatesOf(state),
    digest: createHash('sha256').update(shown.stdout).digest('hex'),
  };
}

function stateIn(stdout: Buffer): StateJson | null {
  try {
    return readJson(stdout.toString('utf8')) as StateJson;
  } catch {
    return null;
  }
}

/** Neither a resource nor an output. */
function isEmpty({ values }: StateJson): boolean {
  const { resources = [], child_modules = [] } = values?.root_module ?? {};
  return resources.length + child_modules.length + Object.keys(values?.outputs ?? {}).length === 0;
}

/** Outputs that hold a secret by value although nothing marks them. */
export function cleanOutputs(
  outputs: Record<string, unknown>,
  scrub: (text: string) => string,
): Record<string, unknown> {
  const clean = (value: unknown): unknown => {
    if (typeof value === 'string') return scrub(value);
    if (typeof value === 'number')
      return scrub(String(value)) === String(value) ? value : scrub(String(value));
    if (Array.isArray(value)) return value.map(clean);
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [scrub(key), clean(inner)]));
  };
  return clean(outputs) as Record<string, unknown>;
}
