import { Duration } from 'aws-cdk-lib';
import type { LifecycleRule } from 'aws-cdk-lib/aws-s3';
import { FRESH_SOURCE_DAYS, PLAN_TAG } from '../adapters/aws/artifacts/retention.ts';
import { LONGEST_APPROVAL } from '../core/environments/approval.ts';
import type { InfraConfig } from './config/config.ts';

/** An approval may wait this long for its plan (core asks for no longer), and its jobs may take a day. */
const LONGEST_USE = Duration.days(LONGEST_APPROVAL / 86_400 + 1);

/**
 * What goes when. S3 counts from when an object was put, and its rules cannot ask whether a run still needs it,
 * so each is kept for longer than any need:
 *
 * - plans: the operator's days, at least the seven that an approval may wait, and one for its jobs;
 * - sources: seven days, one for the jobs, one for how old an archive may be when a run starts. An environment
 *   that lives needs none in between: its last good commit is fetched again from the forge, where a ref keeps it;
 * - `plans/`: which plan to use again, asked for a day;
 * - jobs, runs, claims: as long as logs (30 days at least, longer than a run can wait for people).
 *
 * `outputs/` and `stale-locks/` have no end: they are what an environment is now, small, one for a project.
 */
export function artifactRules({ retention }: Pick<InfraConfig, 'retention'>): LifecycleRule[] {
  const plans = Math.max(retention.plans + 1, LONGEST_USE.toDays());
  const sources = LONGEST_USE.toDays() + FRESH_SOURCE_DAYS;
  const logs = ['jobs/', 'runs/', 'claims/'];
  return [
    { id: 'plans', tagFilters: { [PLAN_TAG.key]: PLAN_TAG.value }, ...gone(plans, 1) },
    { id: 'sources', prefix: 'sources/', ...gone(sources, 1) },
    { id: 'reuse', prefix: 'plans/', ...gone(2, 1) },
    ...logs.map((prefix) => ({ id: prefix.slice(0, -1), prefix, ...gone(retention.logs, 7) })),
    {
      id: 'rest',
      noncurrentVersionExpiration: Duration.days(7),
      abortIncompleteMultipartUploadAfter: Duration.days(1),
      expiredObjectDeleteMarker: true,
    },
  ];
}

/** A state never expires; a former version can be taken back for a year. */
export const STATE_RULES: LifecycleRule[] = [
  {
    id: 'former',
    noncurrentVersionExpiration: Duration.days(365),
    abortIncompleteMultipartUploadAfter: Duration.days(1),
    expiredObjectDeleteMarker: true,
  },
];

/** Hidden after `days`, deleted `after` more: the bucket keeps versions. */
function gone(
  days: number,
  after: number,
): Pick<LifecycleRule, 'expiration' | 'noncurrentVersionExpiration'> {
  return { expiration: Duration.days(days), noncurrentVersionExpiration: Duration.days(after) };
}
