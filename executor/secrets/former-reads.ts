import { existsSync, readFileSync } from 'node:fs';
import type { PlanJob } from '../../core/jobs/job.ts';
import { isRecord } from '../../core/plans/canonical.ts';
import { readJson } from '../../core/plans/read-json.ts';
import type { Context } from '../context.ts';
import { JobFailed } from '../outcome.ts';
import { failUnless, keptState } from '../terraform/prepare.ts';
import type { Terraform } from '../terraform/terraform.ts';

/**
 * What the project had read of other states when it was applied last: values of `terraform_remote_state`. A plan tells
 * what it reads now, and shows what it takes away too. The state is taken as it is kept, since `show` would start
 * every provider to print it.
 */
export async function formerReads(context: Context<PlanJob>, terraform: Terraform): Promise<unknown[]> {
  const text = await keptText(context, terraform);
  // Most projects read no other state.
  if (!text.includes('"terraform_remote_state"')) return [];
  try {
    return readsIn(readJson(text));
  } catch {
    throw new JobFailed('The state cannot be read, so what is secret in it is not known.');
  }
}

async function keptText(context: Context<PlanJob>, terraform: Terraform): Promise<string> {
  const kept = keptState(context.job, context.dirs);
  if (kept !== null) return existsSync(kept) ? readFileSync(kept, 'utf8') : '';
  const pulled = await terraform.run(['state', 'pull']);
  failUnless(pulled, context, 'terraform state pull');
  return pulled.stdout.toString('utf8');
}

/** A value of any type stands in a state's file with its type beside it. */
function readsIn(state: unknown): unknown[] {
  return listIn(state, 'resources')
    .filter((resource) => resource['mode'] === 'data' && resource['type'] === 'terraform_remote_state')
    .flatMap((resource) => listIn(resource, 'instances'))
    .map(({ attributes }) => {
      const { config, outputs, defaults, ...rest } = isRecord(attributes) ? attributes : {};
      return { ...rest, config: valueIn(config), outputs: valueIn(outputs), defaults: valueIn(defaults) };
    });
}

function listIn(of: unknown, key: string): Record<string, unknown>[] {
  const list = isRecord(of) ? of[key] : undefined;
  return Array.isArray(list) ? list.filter(isRecord) : [];
}

function valueIn(typed: unknown): unknown {
  return isRecord(typed) ? typed['value'] : undefined;
}
