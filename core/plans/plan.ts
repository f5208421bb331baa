/**
 * The part of `terraform show -json PLAN` (format_version 1.x) that Cairn reads.
 * Source: https://developer.hashicorp.com/terraform/internals/json-format
 */
export type Action = 'no-op' | 'create' | 'read' | 'update' | 'delete' | 'forget';

export interface Change {
  actions: Action[];
  before?: unknown;
  after?: unknown;
  after_unknown?: unknown;
  before_sensitive?: unknown;
  after_sensitive?: unknown;
  replace_paths?: (string | number)[][];
  importing?: { id?: string };
  generated_config?: string;
}

export interface ResourceChange {
  address: string;
  previous_address?: string;
  module_address?: string;
  mode: 'managed' | 'data';
  type: string;
  name: string;
  index?: string | number;
  deposed?: string;
  provider_name?: string;
  action_reason?: string;
  change: Change;
}

export interface TerraformPlan {
  format_version: string;
  terraform_version?: string;
  errored?: boolean;
  complete?: boolean;
  applyable?: boolean;
  timestamp?: string;
  variables?: Record<string, { value?: unknown }>;
  resource_changes?: ResourceChange[];
  resource_drift?: ResourceChange[];
  output_changes?: Record<string, Change>;
  planned_values?: unknown;
  prior_state?: unknown;
  configuration?: {
    provider_config?: Record<string, { name?: string; full_name?: string; version_constraint?: string }>;
    root_module?: ConfigModule;
  };
  checks?: unknown;
}

export interface ConfigModule {
  variables?: Record<string, { sensitive?: boolean; default?: unknown }>;
  outputs?: Record<string, { sensitive?: boolean }>;
  resources?: unknown[];
  module_calls?: Record<string, { module?: ConfigModule }>;
}

/**
 * What leaves the job of a plan: the same changes with every sensitive value replaced by a `Hidden`, and
 * nothing else of the plan. This is what is rendered, digested and compared; plan files never leave.
 */
export interface Changes {
  terraform: string;
  /** Address order of the plan; `no-op` without a move or import is left out, `read` too. */
  resources: ResourceChange[];
  /** Changed outside of terraform since the last apply. */
  drift: ResourceChange[];
  /** By name; `no-op` left out. */
  outputs: Record<string, Change>;
}

/** Stands where a sensitive value stood: HMAC-SHA-256 under the run's key, so that equal values have an equal hash. */
export interface Hidden {
  $sensitive: string;
  /** Of a text that a secret is only a part of: the rest of it. */
  text?: string;
}

/** A replacement counts one add and one destroy. */
export interface Counts {
  add: number;
  change: number;
  destroy: number;
  replace: number;
  import: number;
  forget: number;
  move: number;
  outputs: number;
  drift: number;
}

export interface Risk {
  kind: 'destroy' | 'replace' | 'forget' | 'protected' | 'many' | 'drift';
  /** A full sentence with the address in it. */
  message: string;
  address?: string;
}

export interface PlanSummary {
  counts: Counts;
  /** Most severe first. */
  risks: Risk[];
}
