import { createHmac } from 'node:crypto';
import { canonical, isRecord } from './canonical.ts';
import type { Change, Changes, Hidden, ResourceChange, TerraformPlan } from './plan.ts';
import { createScrubber } from './scrub.ts';
import { type Mask, secretsOfPlan } from './secrets.ts';

interface Redacted {
  changes: Changes;
  /** Literals for the scrub list. They never leave the job. */
  secrets: string[];
}

/**
 * What of a plan may leave its job: the changes, with each value that terraform marks sensitive replaced by
 * an HMAC of it, so that equal values can be told from others and no value can be guessed without the run's
 * key. Marks get lost on the way through some values (a provider that copies an input into a computed
 * attribute), so the same literals are taken out wherever else they stand.
 *
 * `known` are secrets that the plan itself does not mark: those handed in through the environment.
 */
export function redactPlan(plan: TerraformPlan, hashKey: string, known: readonly string[] = []): Redacted {
  const key = Buffer.from(hashKey, 'hex');
  const secrets = [...new Set([...secretsOfPlan(plan), ...known])];
  const numbers = new Set(secrets);
  const scrub = createScrubber(secrets);
  const outputMarks = plan.configuration?.root_module?.outputs ?? {};

  const hide = (value: unknown): Hidden => ({
    $sensitive: createHmac('sha256', key).update(canonical(value)).digest('hex'),
  });
  const clean = (value: unknown): unknown => {
    if (typeof value === 'string') return cleanText(value);
    if (typeof value === 'number') return numbers.has(String(value)) ? hide(value) : value;
    if (Array.isArray(value)) return value.map(clean);
    if (!isRecord(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [scrub(name), clean(inner)]));
  };
  const cleanText = (text: string): unknown => {
    const shown = scrub(text);
    // A text that is nothing but a secret keeps its hash; of one that holds a secret the rest may be read.
    if (shown === text) return text;
    return numbers.has(text) ? hide(text) : shown;
  };
  const mask = (value: unknown, marks: Mask): unknown => {
    if (marks === true) return value === null || value === undefined ? value : hide(value);
    if (Array.isArray(value) && Array.isArray(marks)) return value.map((item, i) => mask(item, marks[i]));
    if (!isRecord(value) || !isRecord(marks)) return clean(value);
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [scrub(name), mask(item, marks[name])]),
    );
  };
  const redactChange = (change: Change, hidden: boolean): Change => ({
    ...change,
    ...(change.before === undefined
      ? {}
      : { before: mask(change.before, hidden || change.before_sensitive) }),
    ...(change.after === undefined ? {} : { after: mask(change.after, hidden || change.after_sensitive) }),
    ...(change.importing ? { importing: clean(change.importing) as { id?: string } } : {}),
    ...(change.generated_config === undefined ? {} : { generated_config: scrub(change.generated_config) }),
  });
  const redactResource = (resource: ResourceChange): ResourceChange => ({
    ...resource,
    address: scrub(resource.address),
    ...(resource.previous_address ? { previous_address: scrub(resource.previous_address) } : {}),
    ...(typeof resource.index === 'string' ? { index: scrub(resource.index) } : {}),
    ...(resource.module_address ? { module_address: scrub(resource.module_address) } : {}),
    change: redactChange(resource.change, false),
  });

  const outputs = Object.entries(plan.output_changes ?? {})
    .filter(([, change]) => !isOnly(change, 'no-op'))
    .map(([name, change]): [string, Change] => [
      name,
      redactChange(change, outputMarks[name]?.sensitive === true),
    ]);
  return {
    changes: {
      terraform: plan.terraform_version ?? '',
      resources: (plan.resource_changes ?? []).filter(isShown).map(redactResource),
      drift: (plan.resource_drift ?? []).map(redactResource),
      outputs: Object.fromEntries(outputs),
    },
    secrets,
  };
}

function isShown(resource: ResourceChange): boolean {
  const { change, address, previous_address } = resource;
  if (isOnly(change, 'read')) return false;
  if (!isOnly(change, 'no-op')) return true;
  return change.importing !== undefined || (previous_address !== undefined && previous_address !== address);
}

function isOnly(change: Change, action: Change['actions'][number]): boolean {
  return change.actions.length === 1 && change.actions[0] === action;
}
