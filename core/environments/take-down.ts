import { configDigest } from '../config/load-config.ts';
import { type Policy, policyOf } from '../config/policy.ts';
import { InvalidInput, NotFound } from '../errors.ts';
import type { Ports } from '../ports.ts';
import { destroyWaves } from '../projects/destroy-waves.ts';
import { readRecord } from '../record/read.ts';
import type { DestroyRequest } from '../requests/request.ts';
import { newDocument, type RunDocument } from '../runs/document.ts';
import { findPull, pullPart } from '../runs/pull-part.ts';
import { commitOf, standingProjects } from '../runs/standing.ts';
import type { RunInput } from '../steps/input.ts';
import { freezeOf } from './freeze.ts';
import { withHalfMade } from './half-made.ts';

type Needs = Pick<
  Ports,
  'archives' | 'artifacts' | 'binaries' | 'clock' | 'git' | 'hcl' | 'pulls' | 'sizes' | 'source'
>;

/** Throws InvalidInput unless the name of a permanent environment was typed once more. */
export function checkConfirmed({ environment, confirm }: Pick<DestroyRequest, 'environment' | 'confirm'>) {
  if (confirm === environment) return;
  const typed = confirm === undefined ? 'nothing was typed' : `"${confirm}" was typed`;
  throw new InvalidInput(
    `Destroying ${environment} takes its name typed once more, and ${typed}: \`cairn destroy ${environment} --confirm ${environment}\`, or \`/cairn destroy ${environment} ${environment}\`.`,
  );
}

/**
 * The first document of the end of a permanent environment: every project of the record, each with the commit it was
 * applied from, and what a deployment that broke off may have left, under the policy of the last good commit, and always with an approval.
 */
export async function takeDown(
  run: RunInput,
  request: DestroyRequest,
  known: { number: number; fence: number },
  ports: Needs,
): Promise<RunDocument> {
  checkConfirmed(request);
  const { repository, environment } = run;
  const recorded = await readRecord(ports, repository, environment);
  const record = recorded && (await withHalfMade(run, recorded, ports));
  if (!record || Object.keys(record.projects).length === 0) {
    throw new NotFound(`Nothing stands in ${environment} as far as the record knows: nothing to destroy.`);
  }
  // One whose first deployment broke off has no good commit.
  const commit = record.commit ?? record.last.commit;
  const good = await commitOf(repository, commit, ports);
  const approved = policyOf(good.config, environment);
  const policy: Policy = {
    ...approved,
    approval: { ...approved.approval, required: true },
    verify: null,
    build: null,
  };
  const pull = await findPull(ports, repository, request.pull ?? null);
  const { projects, backends } = await standingProjects(
    run,
    { record, policy, reasons: [`${environment} is taken down`], destroy: true },
    ports,
  );
  const freeze = await freezeOf(ports, repository, environment);
  const asker = request.origin.login;
  const doc = newDocument(run, {
    runNumber: known.number,
    fence: known.fence,
    pull: pull && pullPart(pull),
    commit,
    branch: good.config.environments[environment]?.branch ?? null,
    base: commit,
    policy,
    configDigest: configDigest(good.configText),
    slackChannel: good.config.notifications.slack?.channel ?? null,
    backends,
    // `not_author`: whoever asks for it does not agree to it as well.
    authors: asker === null ? [] : [asker],
    everApplied: [...new Set(projects.flatMap(({ project }) => [project.name, ...project.dependsOn]))],
    destroy: { attempt: 1, gone: [], begun: false, listed: {}, left: {} },
    frozen: freeze,
    deploy: {
      commit,
      waves: destroyWaves(projects.map(({ project }) => project)),
      wave: 0,
      stage: 'new',
      projects: Object.fromEntries(projects.map((p) => [p.project.name, p])),
    },
  });
  if (!freeze) return doc;
  const message = `${environment} is frozen by ${freeze.by}: ${freeze.reason}. \`/cairn unfreeze ${environment}\` first.`;
  return {
    ...doc,
    outcome: 'refused',
    failure: { project: null, stage: 'freeze', message, job: null },
  };
}
