import { createHmac } from 'node:crypto';
import { canonical, isRecord } from './canonical.ts';
import type { Change, Changes, Hidden, ResourceChange, TerraformPlan } from './plan.ts';
import { createScrubber, MARK } from './scrub.ts';
import { type Mask, secretsOfPlan } from './secrets.ts';

interface Redacted {
  changes: Changes;
  /** Literals for the scrub list. They never leave the job. */
  secrets: string[];
}

/** Digits of the hash that stand in a name. */
const NAME_HASH = 12;

/** What stands in a name in place of a secret. */
export const HIDDEN_IN_NAME = new RegExp(`\\(sensitive [0-9a-f]{${NAME_HASH}}\\)`, 'g');

/** In an address only keys can hold a value; the rest of it is words of the configuration. */
const KEY = /"[^"\\]*(?:\\.[^"\\]*)*"/g;

/**
 * What of a plan may leave its job: the changes, with each value that terraform marks sensitive replaced by
 * an HMAC of it, so that equal values can be told from others and no value can be guessed without the run's
 * key. Marks get lost on the way through some values (a provider that copies an input into a computed
 * attribute), so the same literals are taken out wherever else they stand.
 *
 * `known` are secrets that the plan itself does not mark: those handed in through the environment, and those that
 * another state marks.
 */
export function redactPlan(plan: TerraformPlan, hashKey: string, known: readonly string[] = []): Redacted {
  const key = Buffer.from(hashKey, 'hex');
  const secrets = [...new Set([...secretsOfPlan(plan), ...known])];
  const numbers = new Set(secrets);
  const scrub = createScrubber(secrets);
  const outputMarks = plan.configuration?.root_module?.outputs ?? {};

  const hashOf = (value: unknown): string => createHmac('sha256', key).update(canonical(value)).digest('hex');
  const hide = (value: unknown): Hidden => ({ $sensitive: hashOf(value) });
  const clean = (value: unknown): unknown => {
    if (typeof value === 'string') return cleanText(value);
    if (typeof value === 'number') return numbers.has(String(value)) ? hide(value) : value;
    if (Array.isArray(value)) return value.map(clean);
    if (!isRecord(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [keyOf(name), clean(inner)]));
  };
  const cleanText = (text: string): unknown => {
    const shown = scrub(text);
    if (shown === text) return text;
    // Of a text that holds a secret the rest may be read; its hash tells it from one that holds another.
    return shown === MARK ? hide(text) : { ...hide(text), text: shown };
  };
  /** A name stays a text, in which a part of the hash tells it from others. */
  const nameOf = (name: string): string => {
    const shown = scrub(name);
    if (shown === name) return name;
    return shown.replaceAll(MARK, `(sensitive ${hashOf(name).slice(0, NAME_HASH)})`);
  };
  const keys = new Map<string, string>();
  const keyOf = (name: string): string => {
    const known = keys.get(name);
    if (known !== undefined) return known;
    // Nobody's own key passes for what stands here in place of a secret.
    const shown = name === '$sensitive' ? '$sensitive (a key)' : nameOf(name);
    keys.set(name, shown);
    return shown;
  };
  /** A mask names the keys of what it lies over. */
  const renamed = (mask: unknown): unknown => {
    if (Array.isArray(mask)) return mask.map(renamed);
    if (!isRecord(mask)) return mask;
    return Object.fromEntries(Object.entries(mask).map(([name, inner]) => [keyOf(name), renamed(inner)]));
  };
  const mask = (value: unknown, marks: Mask): unknown => {
    if (marks === true) return value === null || value === undefined ? value : hide(value);
    if (Array.isArray(value) && Array.isArray(marks)) return value.map((item, i) => mask(item, marks[i]));
    if (!isRecord(value) || !isRecord(marks)) return clean(value);
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [keyOf(name), mask(item, marks[name])]),
    );
  };
  const redactChange = (change: Change, hidden: boolean): Change => {
    const { before, after, before_sensitive, after_sensitive, after_unknown } = change;
    const { importing, generated_config, replace_paths } = change;
    const shown: Change = { actions: change.actions };
    if (before !== undefined) shown.before = mask(before, hidden || before_sensitive);
    if (after !== undefined) shown.after = mask(after, hidden || after_sensitive);
    if (before_sensitive !== undefined) shown.before_sensitive = renamed(before_sensitive);
    if (after_sensitive !== undefined) shown.after_sensitive = renamed(after_sensitive);
    if (after_unknown !== undefined) shown.after_unknown = renamed(after_unknown);
    if (replace_paths)
      shown.replace_paths = replace_paths.map((path) =>
        path.map((step) => (typeof step === 'string' ? keyOf(step) : step)),
      );
    if (importing) {
      const { id, ...rest } = importing;
      shown.importing = { ...(clean(rest) as object), ...(id === undefined ? {} : { id: nameOf(id) }) };
    }
    if (generated_config !== undefined) shown.generated_config = nameOf(generated_config);
    return shown;
  };
  const addressOf = (address: string): string => address.replace(KEY, nameOf);
  /** What is not known here does not leave: a later terraform may tell values in it. */
  const redactResource = (resource: ResourceChange): ResourceChange => {
    const { address, previous_address, module_address, mode, type, name, index } = resource;
    const { deposed, provider_name, action_reason, change } = resource;
    return {
      address: addressOf(address),
      ...(previous_address === undefined ? {} : { previous_address: addressOf(previous_address) }),
      ...(module_address === undefined ? {} : { module_address: addressOf(module_address) }),
      mode,
      type,
      name,
      ...(index === undefined ? {} : { index: typeof index === 'string' ? nameOf(index) : index }),
      ...(deposed === undefined ? {} : { deposed }),
      ...(provider_name === undefined ? {} : { provider_name }),
      ...(action_reason === undefined ? {} : { action_reason }),
      change: redactChange(change, false),
    };
  };

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
