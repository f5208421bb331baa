import { FUNCTIONS } from '../lambdas/functions.ts';

/** What the clock calls: the schedule and the function of each have one name. */
export function scheduledFunctions(): { name: string; minutes: number }[] {
  return Object.entries(FUNCTIONS).flatMap(([name, { trigger }]) =>
    trigger.kind === 'schedule' ? [{ name: `cairn-${name}`, minutes: trigger.minutes }] : [],
  );
}
