import type { Ports } from '../ports.ts';
import type { DestroyRequest } from '../requests/request.ts';
import type { Ephemeral } from './environment.ts';
import { scheduleName } from './schedules.ts';

type Named = Pick<Ephemeral, 'repository' | 'environment' | 'pull'>;

/** Longer than the longest apply (four hours): the run that destroys is over by then, or was lost. */
const SAFETY_MS = 6 * 3600 * 1000;

/** While it is destroyed: should that run be lost, and the sweep with it, another one comes. */
export async function scheduleSafety(
  environment: Named,
  runId: string,
  ports: Pick<Ports, 'clock' | 'schedules'>,
): Promise<void> {
  await ports.schedules.remove(scheduleName('warn', environment));
  await ports.schedules.put({
    name: scheduleName('end', environment),
    at: new Date(ports.clock.now().getTime() + SAFETY_MS),
    request: endRequest(environment, 'forgotten', `${environment.environment}/safety/${runId}`),
  });
}

/** Ends an environment without anybody asking. The same trigger twice is one run. */
export function endRequest(
  { repository, environment, pull }: Named,
  reason: DestroyRequest['reason'],
  trigger: string,
): DestroyRequest {
  return {
    command: 'destroy',
    repository,
    environment,
    reason,
    ...(pull === null ? {} : { pull }),
    origin: { source: 'schedule', login: null, trigger },
  };
}
