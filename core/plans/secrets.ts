import { isRecord } from './canonical.ts';
import type { Change, ConfigModule, TerraformPlan } from './plan.ts';
import { readJson } from './read-json.ts';
import { SHORTEST } from './scrub-variants.ts';

/** Terraform's own mark: `true` hides all below, objects and arrays go along with the value. */
export type Mask = unknown;

/** The part of `terraform show -json` (of a state, or of a plan's `prior_state`) that may hold secrets. */
export interface StateJson {
  values?: StateValues;
}

interface StateValues {
  outputs?: Record<string, { sensitive?: boolean; value?: unknown }>;
  root_module?: StateModule;
}

interface StateModule {
  resources?: { mode?: string; type?: string; values?: unknown; sensitive_values?: unknown }[];
  child_modules?: StateModule[];
}

/** Texts of all that terraform marks sensitive anywhere in a plan, those of unchanged resources too. */
export function secretsOfPlan(plan: TerraformPlan): string[] {
  const found = new Set<string>();
  for (const resource of [...(plan.resource_changes ?? []), ...(plan.resource_drift ?? [])]) {
    secretsOfChange(resource.change, found);
  }
  for (const [name, change] of Object.entries(plan.output_changes ?? {})) {
    secretsOfChange(change, found);
    if (!plan.configuration?.root_module?.outputs?.[name]?.sensitive) continue;
    addLeaves(change.before, found);
    addLeaves(change.after, found);
  }
  for (const [name, variable] of Object.entries(plan.configuration?.root_module?.variables ?? {})) {
    if (!variable.sensitive) continue;
    addLeaves(plan.variables?.[name]?.value, found);
    addLeaves(variable.default, found);
  }
  for (const module of modulesBelow(plan.configuration?.root_module)) {
    for (const variable of Object.values(module.variables ?? {})) {
      if (variable.sensitive) addLeaves(variable.default, found);
    }
  }
  addOfState(plan.prior_state as StateJson | undefined, found);
  addOfValues(plan.planned_values as StateValues | undefined, found);
  return [...found];
}

/** The same of a state, for what was born during an apply. */
export function secretsOfState(state: StateJson): string[] {
  const found = new Set<string>();
  addOfState(state, found);
  return [...found];
}

function secretsOfChange(change: Change, found: Set<string>): void {
  addMasked(change.before, change.before_sensitive, found);
  addMasked(change.after, change.after_sensitive, found);
}

function addOfState(state: StateJson | undefined, found: Set<string>): void {
  addOfValues(state?.values, found);
}

function addOfValues(values: StateValues | undefined, found: Set<string>): void {
  for (const output of Object.values(values?.outputs ?? {})) {
    if (output.sensitive) addLeaves(output.value, found);
  }
  for (const resource of resourcesOf(values)) {
    addMasked(resource.values, resource.sensitive_values, found);
  }
}

/** Values of each `terraform_remote_state` that a state, or a plan's `prior_state`, holds. */
export function remoteStatesOf(state: StateJson | undefined): unknown[] {
  return resourcesOf(state?.values)
    .filter(({ mode, type }) => mode === 'data' && type === 'terraform_remote_state')
    .map(({ values }) => values);
}

/** Of the root and of every module below it. */
function resourcesOf(values: StateValues | undefined): NonNullable<StateModule['resources']> {
  const modules: StateModule[] = values?.root_module ? [values.root_module] : [];
  for (const module of modules) modules.push(...(module.child_modules ?? []));
  return modules.flatMap((module) => module.resources ?? []);
}

/** Texts of a value that is secret as a whole. */
export function leavesOf(value: unknown): string[] {
  const found = new Set<string>();
  addLeaves(value, found);
  return [...found];
}

function modulesBelow(root: ConfigModule | undefined): ConfigModule[] {
  const modules: ConfigModule[] = root ? [root] : [];
  for (const module of modules) {
    for (const call of Object.values(module.module_calls ?? {})) if (call.module) modules.push(call.module);
  }
  return modules.slice(1);
}

function addMasked(value: unknown, mask: Mask, found: Set<string>): void {
  if (mask === true) {
    addLeaves(value, found);
  } else if (Array.isArray(mask) && Array.isArray(value)) {
    mask.forEach((inner, index) => {
      addMasked(value[index], inner, found);
    });
  } else if (isRecord(mask) && isRecord(value)) {
    for (const [key, inner] of Object.entries(mask)) addMasked(value[key], inner, found);
  }
}

/** Keys stay: they are names of attributes far more often than secrets, and would take words out of every text. */
function addLeaves(value: unknown, found: Set<string>): void {
  if (typeof value === 'string' || typeof value === 'number') {
    const text = String(value);
    if (text.length >= SHORTEST) found.add(text);
    // Terraform prints a text that is JSON as `jsonencode({…})`, an attribute a line.
    if (typeof value === 'string') addLeaves(jsonIn(value), found);
  } else if (Array.isArray(value)) {
    for (const item of value) addLeaves(item, found);
  } else if (isRecord(value)) {
    for (const item of Object.values(value)) addLeaves(item, found);
  }
}

/** The object or list that a text holds as JSON; undefined if it holds none. */
function jsonIn(text: string): unknown {
  if (!/^\s*[{[]/.test(text)) return undefined;
  try {
    return readJson(text);
  } catch {
    return undefined;
  }
}
