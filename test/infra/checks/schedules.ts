import type { Resource } from '../../support/aws/template.ts';
import { nameOf, ofType } from './look.ts';

const RATE = /^rate\((?:1 (?:minute|hour|day)|(?:[2-9]|[1-9]\d+) (?:minutes|hours|days))\)$/;
const AT = /^at\(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\)$/;

/** Expressions that EventBridge refuses: it wants six fields of a cron, and `rate(1 minute)` without an s. */
export function schedules(resources: readonly Resource[]): string[] {
  return ofType(resources, 'AWS::Scheduler::Schedule', 'AWS::Events::Rule').flatMap((resource) => {
    const expression = resource.properties['ScheduleExpression'];
    if (expression === undefined || isExpression(String(expression))) return [];
    return [`${nameOf(resource)}: ${String(expression)} is no schedule`];
  });
}

function isExpression(text: string): boolean {
  const fields = /^cron\((.*)\)$/.exec(text)?.[1]?.split(' ');
  if (!fields) return RATE.test(text) || AT.test(text);
  const [, , day, , weekday] = fields;
  // One of the two says nothing.
  return fields.length === 6 && (day === '?') !== (weekday === '?');
}
