import { environmentsOn } from '../config/load-config.ts';
import { InvalidInput, NotFound } from '../errors.ts';
import type { Ports } from '../ports.ts';

/** A request with its environment; where a comment names none, the one on the base branch of its pull request. */
export async function inEnvironment<
  R extends {
    repository: string;
    command: string;
    environment?: string | undefined;
    pull?: number | undefined;
  },
>(request: R, ports: Pick<Ports, 'pulls' | 'source'>): Promise<R & { environment: string }> {
  const { repository, command, environment, pull } = request;
  if (environment !== undefined) return { ...request, environment };
  if (pull === undefined) throw new InvalidInput(`Say which environment: \`${command}\` names none.`);
  const { base } = await ports.pulls.get(repository, pull);
  const [only, ...more] = await environmentsOn(ports, repository, base.branch);
  if (only === undefined) {
    throw new NotFound(`No environment lives on ${base.branch}, the base branch of #${pull}: name one.`);
  }
  if (more.length > 0) {
    throw new InvalidInput(
      `Say which environment: on ${base.branch} there is ${[only, ...more].join(', ')}.`,
    );
  }
  return { ...request, environment: only };
}
