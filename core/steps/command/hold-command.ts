import { z } from 'zod';
import { defaultConfig } from '../../config/config.ts';
import { configAt } from '../../config/load-config.ts';
import { LONGEST_APPROVAL } from '../../environments/approval.ts';
import { freezeOf, frozenSentence } from '../../environments/freeze.ts';
import { commandTarget } from '../../runs/command-target.ts';
import type { Freeze, RunDocument } from '../../runs/document.ts';
import { loadDocument, saveDocument } from '../../runs/store.ts';
import { checkCommand } from '../../terraform/check-command.ts';
import { commandDigest } from '../../terraform/command-digest.ts';
import { step } from '../step.ts';

/**
 * With the lock: the project as it stands now, which a run before may have changed while this one waited, and
 * whether a freeze is in the way or a person has to agree.
 */
export const holdCommand = step({
  input: z.object({ doc: z.string(), fence: z.number() }),
  ports: ['archives', 'artifacts', 'binaries', 'clock', 'ephemerals', 'git', 'hcl', 'sizes', 'source'],
  async run({ doc: key, fence }, ports) {
    const before = await loadDocument(ports, key);
    const { repository, environment, terraform } = before;
    if (!terraform) throw new Error(`run ${before.runId} has no command`);
    const freeze = await freezeOf(ports, repository, environment);
    if (freeze) return { outcome: 'done', doc: await saveDocument(ports, refusedBy(before, freeze)) };

    const main = await ports.source.defaultBranch(repository);
    const config = (await configAt(ports, repository, main)) ?? defaultConfig(main);
    checkCommand(terraform.args, config.commands.allow);
    const { progress, ...target } = await commandTarget(before, terraform.project, config, ports);
    const { policy, backends, configDigest } = target;
    const { commit } = progress;
    const deploy = { ...before.deploy, commit, projects: { [progress.project.name]: progress } };
    const doc = { ...before, fence, commit, base: commit, policy, backends, configDigest, deploy };
    if (!policy.approval.required) return { outcome: 'run', doc: await saveDocument(ports, doc) };

    const { project, args } = terraform;
    const digest = commandDigest({ environment, commit, project, args, policy });
    const within = Math.min(policy.approval.within, LONGEST_APPROVAL);
    const until = new Date(ports.clock.now().getTime() + within * 1000).toISOString();
    return {
      outcome: 'ask',
      within,
      doc: await saveDocument(ports, { ...doc, approval: { digest, until } }),
    };
  },
});

export function refusedBy(doc: RunDocument, freeze: Freeze): RunDocument {
  const { environment } = doc;
  const message = `${frozenSentence(environment, freeze)}. Nothing was changed. First: /cairn unfreeze ${environment}`;
  return {
    ...doc,
    frozen: freeze,
    outcome: 'refused',
    failure: { project: null, stage: 'freeze', message, job: null },
  };
}
