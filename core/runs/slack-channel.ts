import { configAt } from '../config/load-config.ts';
import { InvalidConfig } from '../errors.ts';
import type { Ports } from '../ports.ts';

/** Where the default branch wants to be told. A configuration that cannot be read costs a message, never the run. */
export async function slackChannelOf(
  ports: Pick<Ports, 'source'>,
  repository: string,
): Promise<string | null> {
  try {
    const config = await configAt(ports, repository, await ports.source.defaultBranch(repository));
    return config?.notifications.slack?.channel ?? null;
  } catch (error) {
    if (error instanceof InvalidConfig) return null;
    throw error;
  }
}
