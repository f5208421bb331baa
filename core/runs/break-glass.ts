import { configAt } from '../config/load-config.ts';
import { breakGlassRefusal, freezeOf, frozenSentence } from '../environments/freeze.ts';
import { NotAllowed } from '../errors.ts';
import type { Ports } from '../ports.ts';
import { readOutline } from '../record/read.ts';
import type { DeployRequest, RollbackRequest } from '../requests/request.ts';

/**
 * Says at once who may not deploy despite a freeze, before anything is started in their name. The run itself asks
 * again: what holds for it is the policy that is in force when it begins. Throws NotAllowed.
 */
export async function mayBreakGlass(
  request: DeployRequest | RollbackRequest,
  ports: Pick<Ports, 'clock' | 'git' | 'source'>,
): Promise<void> {
  const { repository, environment, origin, despiteFreeze } = request;
  if (!despiteFreeze) return;
  const freeze = await freezeOf(ports, repository, environment);
  if (!freeze) return;
  const approvers = await approversOf(repository, environment, ports);
  const refusal = breakGlassRefusal(environment, origin, approvers);
  if (refusal) throw new NotAllowed(`${refusal}\n${frozenSentence(environment, freeze)}`);
}

/** Of the last good commit; before there is one, of the default branch. */
async function approversOf(
  repository: string,
  environment: string,
  ports: Pick<Ports, 'git' | 'source'>,
): Promise<string[]> {
  const record = await readOutline(ports, repository, environment);
  const main = await ports.source.defaultBranch(repository);
  for (const ref of [record?.commit, main]) {
    const config = ref ? await configAt(ports, repository, ref) : null;
    const own = config?.environments[environment];
    if (own) return own.approval.approvers;
  }
  return [];
}
