import { configAt, environmentsOn } from '../config/load-config.ts';
import { Conflict } from '../errors.ts';
import type { Ports } from '../ports.ts';
import type { PushRequest } from '../requests/request.ts';
import { runId } from '../requests/run-id.ts';
import type { RunInput } from '../steps/input.ts';

/** Starts the run that a request asks for in one environment, once. Answers its id. */
export async function startRun(
  workflow: RunInput['workflow'],
  request: RunInput['request'],
  environment: string,
  ports: Pick<Ports, 'workflows'>,
): Promise<string> {
  const id = runId(request.command, request.repository, environment, request.origin.trigger);
  const input: RunInput = { runId: id, workflow, repository: request.repository, environment, request };
  try {
    await ports.workflows.start(workflow, id, input);
  } catch (error) {
    // The same trigger, asked again after the branch moved: it is the run that it was.
    if (!(error instanceof Conflict)) throw error;
  }
  return id;
}

/** One deploy for each environment that lives on the branch. */
export async function startDeploys(
  request: PushRequest,
  ports: Pick<Ports, 'source' | 'workflows'>,
): Promise<string[]> {
  const environments = await environmentsOn(ports, request.repository, request.branch);
  if (environments.length === 0) return [];
  // A commit whose own configuration is broken deploys nowhere.
  await configAt(ports, request.repository, request.commit);
  const { repository, commit, branch, origin } = request;
  return Promise.all(
    environments.map((environment) =>
      startRun(
        'deploy',
        { command: 'deploy', repository, environment, commit, branch, retry: false, origin },
        environment,
        ports,
      ),
    ),
  );
}
