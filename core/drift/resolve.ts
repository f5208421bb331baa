import { configDigest } from '../config/load-config.ts';
import { type Policy, policyOf } from '../config/policy.ts';
import { isEphemeral } from '../ephemeral/name.ts';
import { backendsOf, fetchAll } from '../ephemeral/resolve-end.ts';
import { InvalidInput, NotFound } from '../errors.ts';
import type { Ports } from '../ports.ts';
import { discoverRoots, projectsOf } from '../projects/discover.ts';
import { newProgress, type ProjectProgress } from '../projects/progress.ts';
import { readRecord } from '../record/read.ts';
import { newDocument, type RunDocument } from '../runs/document.ts';
import { findPull, pullPart } from '../runs/pull-part.ts';
import { commitOf, standingProjects } from '../runs/standing.ts';
import type { RunInput } from '../steps/input.ts';
import type { Quiet } from './quiet.ts';

type Needs = Pick<
  Ports,
  'archives' | 'artifacts' | 'binaries' | 'ephemerals' | 'git' | 'hcl' | 'pulls' | 'sizes' | 'source'
>;

/** What one run plans: a workflow's state holds 256 KiB. */
const MOST = 300;

const REASONS = ['it stands'];

/** Nothing of an ephemeral environment is deployed by a look for drift, hence nobody is asked. */
const NO_POLICY: Policy = {
  approval: { required: false, approvers: [], notAuthor: false, within: 0 },
  rollback: 'off',
  removed: 'report',
  verify: null,
  build: null,
  guards: { maxDestroy: null, protected: [] },
  whileFrozen: 'refuse',
  secrets: {},
};

/**
 * The first document of a look for drift: every project that stands, each with the commit and the build outputs that
 * it was last applied with. The last good commit alone would not do: it also has what was not affected since, and has
 * no more what was removed and only reported.
 */
export async function resolveStanding(
  run: RunInput,
  of: { commit: string; number: number; basis: Quiet['basis']; at: string },
  ports: Needs,
): Promise<RunDocument> {
  const { basis, at } = of;
  const doc = newDocument(run, {
    runNumber: of.number,
    commit: of.commit,
    base: of.commit,
    policy: NO_POLICY,
    drift: {
      basis,
      at,
      reconcile: false,
      since: null,
      drifted: {},
      unknown: [],
      digest: null,
      known: false,
      gone: false,
      issue: null,
      notes: [],
      reconciledBy: null,
    },
  });
  const pull = await findPull(ports, run.repository, run.request.pull ?? null);
  const asked = { ...doc, pull: pull && pullPart(pull) };
  return isEphemeral(run.environment) ? ephemeralStanding(asked, ports) : permanentStanding(asked, ports);
}

async function permanentStanding(doc: RunDocument, ports: Needs): Promise<RunDocument> {
  const { repository, environment, drift } = doc;
  const record = await readRecord(ports, repository, environment);
  if (!record || !drift) throw new NotFound(`Nothing stands in ${environment}: it was never deployed.`);
  const good = await commitOf(repository, doc.commit, ports);
  const policy = policyOf(good.config, environment);
  const own = { record, policy, reasons: REASONS, destroy: false };
  const { projects, backends } = await standingProjects(doc, own, ports);
  const asked = doc.request.command === 'drift' && doc.request.reconcile === true;
  const known = projectsOf(good.config, environment, discoverRoots(good.tree, good.config));
  return {
    ...withProjects(doc, projects),
    policy,
    backends,
    branch: good.config.environments[environment]?.branch ?? null,
    configDigest: configDigest(good.configText),
    slackChannel: good.config.notifications.slack?.channel ?? null,
    // They stand, but no deploy of the last good commit brings them back.
    reported: projects
      .map(({ project }) => project.name)
      .filter((name) => !known.some((p) => p.name === name)),
    drift: {
      ...drift,
      reconcile: asked || (good.config.environments[environment]?.drift?.reconcile ?? false),
    },
  };
}

async function ephemeralStanding(doc: RunDocument, ports: Needs): Promise<RunDocument> {
  const found = await ports.ephemerals.get(doc.repository, doc.environment);
  const all = Object.values(found?.applied ?? {});
  const commits = [...new Set(all.map(({ commit }) => commit))];
  const fetched = await fetchAll(doc.repository, commits, ports);
  const projects = all.map(({ content, ...applied }) =>
    newProgress(applied.project, {
      ...applied,
      destroy: false,
      formerState: null,
      reasons: REASONS,
      content,
      reuse: content,
    }),
  );
  const backends = await backendsOf(doc.repository, all, fetched, ports);
  return { ...withProjects(doc, projects), backends };
}

/** All at once: nothing is applied, so none waits for another. */
function withProjects(doc: RunDocument, projects: ProjectProgress[]): RunDocument {
  if (projects.length > MOST) {
    throw new InvalidInput(
      `${projects.length} projects stand in ${doc.environment}, and at most ${MOST} are compared. Spread them over more environments (\`environments.NAME.projects\` in cairn.yaml).`,
    );
  }
  const names = projects.map(({ project }) => project.name).sort();
  const byName = Object.fromEntries(projects.map((p) => [p.project.name, p]));
  return { ...doc, deploy: { ...doc.deploy, waves: [names], projects: byName } };
}
