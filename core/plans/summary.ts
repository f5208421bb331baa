import { identity, kindOf, moved } from './actions.ts';
import type { Changes, Counts, PlanSummary, ResourceChange, Risk } from './plan.ts';

/** Risks named one by one, of each kind; those beyond are counted in one sentence. */
const NAMED = 20;
/** From here on the number itself is a risk. */
const MANY = 10;

/** Resource types that hold data which no plan brings back. */
const HOLDS_DATA =
  /(_db_|_rds_|database|dynamodb_table|_bucket$|_efs_|_ebs_volume|_disk$|_volume$|_kms_key|_key_vault|storage_account|_filestore|elasticache|redshift|opensearch_domain|_sql_|spanner|bigtable|_backup|ecr_repository|cognito_user_pool$|_secret$)/;

/** Counts and risks of a plan. Runs in the executor, hence without further imports. */
export function summarize(changes: Changes): PlanSummary {
  return { counts: count(changes), risks: risksOf(changes) };
}

/** Of a plan that would do nothing. */
export const NO_COUNTS: Readonly<Counts> = {
  add: 0,
  change: 0,
  destroy: 0,
  replace: 0,
  import: 0,
  forget: 0,
  move: 0,
  outputs: 0,
  drift: 0,
};

function count(changes: Changes): Counts {
  const counts: Counts = {
    ...NO_COUNTS,
    outputs: Object.values(changes.outputs).filter((change) => kindOf(change) !== 'none').length,
    drift: changes.drift.length,
  };
  for (const resource of changes.resources) {
    const { actions } = resource.change;
    if (actions.includes('create')) counts.add++;
    if (actions.includes('update')) counts.change++;
    if (actions.includes('delete')) counts.destroy++;
    if (actions.includes('forget')) counts.forget++;
    if (kindOf(resource.change) === 'replace') counts.replace++;
    if (resource.change.importing) counts.import++;
    if (moved(resource)) counts.move++;
  }
  return counts;
}

function risksOf(changes: Changes): Risk[] {
  const of = (kind: string) => changes.resources.filter((resource) => kindOf(resource.change) === kind);
  const destroyed = dataFirst(of('delete'));
  const replaced = dataFirst(of('replace'));
  const lost = destroyed.length + replaced.length;
  const many: Risk[] =
    lost >= MANY ? [{ kind: 'many', message: `${lost} objects will be destroyed or replaced.` }] : [];

  return [
    ...many,
    ...named(destroyed, 'destroy', (name, data) => `${name} will be destroyed${data}.`),
    ...named(replaced, 'replace', (name, data) => `${name} will be replaced${data}.`),
    ...named(of('forget'), 'forget', (name) => `${name} will no longer be managed, but not destroyed.`),
    ...named(changes.drift, 'drift', (name) => `${name} was changed outside of Terraform.`),
  ];
}

function dataFirst(resources: ResourceChange[]): ResourceChange[] {
  const holds = (resource: ResourceChange) => HOLDS_DATA.test(resource.type);
  return [...resources.filter(holds), ...resources.filter((resource) => !holds(resource))];
}

function named(
  resources: ResourceChange[],
  kind: Risk['kind'],
  sentence: (name: string, data: string) => string,
): Risk[] {
  const risks = resources.slice(0, NAMED).map((resource): Risk => {
    const data = HOLDS_DATA.test(resource.type) ? ', with the data it holds' : '';
    return { kind, message: sentence(identity(resource), data), address: resource.address };
  });
  const more = resources.length - NAMED;
  if (more > 0)
    risks.push({ kind, message: sentence(`${more} more ${more === 1 ? 'object' : 'objects'}`, '') });
  return risks;
}
