import { z } from 'zod';
import { defaultConfig } from '../../config/config.ts';
import { configAt } from '../../config/load-config.ts';
import { isEphemeral } from '../../ephemeral/name.ts';
import { NotAllowed } from '../../errors.ts';
import type { Ports } from '../../ports.ts';
import type { RunRequest } from '../../requests/request.ts';
import { type CommandTarget, commandTarget } from '../../runs/command-target.ts';
import { newDocument, type RunDocument } from '../../runs/document.ts';
import { startRun } from '../../runs/start.ts';
import { saveDocument } from '../../runs/store.ts';
import { type CheckedCommand, checkCommand } from '../../terraform/check-command.ts';
import { type RunInput, runInput, sourcePart } from '../input.ts';
import { step } from '../step.ts';

/**
 * Whether the command is allowed, by what the default branch says now, and what it is run on: the project as it
 * stands, whatever the branch says that it was asked for on. One that replaces resources becomes a deployment.
 */
export const prepareCommand = step({
  input: z.object({ run: runInput, source: sourcePart, number: z.number() }),
  ports: [
    'archives',
    'artifacts',
    'binaries',
    'ephemerals',
    'git',
    'hcl',
    'links',
    'sizes',
    'source',
    'workflows',
  ],
  async run({ run, number }, ports) {
    const { request, repository } = run;
    if (request.command !== 'run') throw new Error(`a ${request.command} runs no command`);
    const main = await ports.source.defaultBranch(repository);
    const config = (await configAt(ports, repository, main)) ?? defaultConfig(main);
    const checked = checkCommand(request.args, config.commands.allow);
    const target = await commandTarget(run, request.project, config, ports);
    const doc = {
      ...documentOf(run, number, target, checked),
      slackChannel: config.notifications.slack?.channel ?? null,
    };
    if (checked.kind !== 'replace') return { outcome: checked.kind, doc: await saveDocument(ports, doc) };

    const deploy = await startReplacing(run, request, target.good, checked.replace, ports);
    return { outcome: 'done', doc: await saveDocument(ports, becameRun(doc, deploy, ports.links)) };
  },
});

function documentOf(
  run: RunInput,
  number: number,
  { progress, backends, policy, configDigest }: CommandTarget,
  checked: CheckedCommand,
): RunDocument {
  const { commit, project } = progress;
  const asker = run.request.origin.login;
  return newDocument(run, {
    runNumber: number,
    commit,
    base: commit,
    policy,
    backends,
    configDigest,
    // What is changed by hand is written by who asks for it.
    authors: asker === null ? [] : [asker],
    deploy: {
      commit,
      waves: [[project.name]],
      wave: 0,
      stage: 'new',
      projects: { [project.name]: progress },
    },
    terraform: {
      project: project.name,
      args: checked.args,
      writes: checked.kind === 'write',
      job: null,
      output: null,
      exitOk: null,
    },
  });
}

/** Of the last good commit: nothing but what is named is made anew, and people see the plan first. */
function startReplacing(
  run: RunInput,
  { pull, project, origin }: RunRequest,
  commit: string,
  replace: string[],
  ports: Pick<Ports, 'workflows'>,
): Promise<string> {
  const { repository, environment, runId } = run;
  if (isEphemeral(environment)) {
    throw new NotAllowed(
      `\`apply -replace\` is for permanent environments. In ${environment}: \`taint\` it, then launch it once more.`,
    );
  }
  const { source, login } = origin;
  const asked = { source, login, trigger: `replace/${runId}` };
  return startRun(
    'deploy',
    {
      command: 'deploy',
      repository,
      environment,
      commit,
      retry: false,
      projects: [project],
      replace,
      ...(pull === undefined ? {} : { pull }),
      origin: asked,
    },
    environment,
    ports,
  );
}

function becameRun(doc: RunDocument, deploy: string, links: Ports['links']): RunDocument {
  if (!doc.terraform) return doc;
  const text = `It became a deployment, which plans it and asks where ${doc.environment} wants to be asked: ${links.run(deploy)}\n`;
  return {
    ...doc,
    outcome: 'ran',
    terraform: { ...doc.terraform, output: { text, cut: false }, exitOk: true, deploy },
  };
}
