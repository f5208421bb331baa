import { z } from 'zod';
import { configDigest } from '../../config/load-config.ts';
import { effectivePolicy } from '../../config/policy.ts';
import type { Config } from '../../config/types.ts';
import { isOfWhatStands } from '../../drift/reconcile.ts';
import { freezeOf } from '../../environments/freeze.ts';
import { InvalidInput } from '../../errors.ts';
import { itemOf } from '../../jobs/item.ts';
import { stateKey } from '../../jobs/keys.ts';
import { buildOrder } from '../../jobs/orders.ts';
import { writeOrders } from '../../jobs/write-orders.ts';
import type { Ports, Pull } from '../../ports.ts';
import { type Affected, affectedProjects } from '../../projects/affected.ts';
import { withAskedFor } from '../../projects/asked-for.ts';
import { waves } from '../../projects/waves.ts';
import { readRecord } from '../../record/read.ts';
import type { EnvironmentRecord } from '../../record/schema.ts';
import { plural } from '../../reports/text.ts';
import { type Freeze, newDocument, type PullPart, type RunDocument } from '../../runs/document.ts';
import { meetFreeze } from '../../runs/frozen.ts';
import { pullPart } from '../../runs/pull-part.ts';
import {
  backendsOf,
  checkSizes,
  type ProgressContext,
  progressOf,
  type ReadCommit,
  readCommit,
} from '../../runs/resolve.ts';
import { saveDocument } from '../../runs/store.ts';
import { tell } from '../../runs/tell.ts';
import { type RunInput, runInput, sourcePart } from '../input.ts';
import { step } from '../step.ts';

/**
 * From two trees to the run's first document: which projects the change touches, in which waves, and under
 * which policy (that of what was approved before, never of the change itself).
 */
export const resolveProjects = step({
  input: z.object({
    run: runInput,
    source: sourcePart,
    number: z.number(),
    fence: z.number(),
    /** Those that the run has already: one that waited for the end of a freeze begins anew. */
    documents: z.number().default(0),
  }),
  ports: [
    'archives',
    'artifacts',
    'binaries',
    'clock',
    'git',
    'hcl',
    'pulls',
    'sizes',
    'source',
    'status',
    'trace',
  ],
  async run({ run, source, number, fence, documents }, ports) {
    const deploys = run.workflow === 'deploy';
    const [head, base, record, pulls, frozen] = await Promise.all([
      readCommit(ports, run.repository, source.commit),
      source.base === null ? null : readCommit(ports, run.repository, source.base),
      readRecord(ports, run.repository, run.environment),
      deploys ? ports.pulls.ofCommit(run.repository, source.commit) : [],
      freezeOf(ports, run.repository, run.environment),
    ]);
    const [pull, authors] = await Promise.all([
      pullOf(run, pulls, ports),
      deploys ? authorsOf(run, source, pulls, ports) : [],
    ]);
    const { policy: inForce, changes } = effectivePolicy({
      approved: base?.config ?? null,
      proposed: head.config,
      environment: run.environment,
      firstDeploy: deploys,
    });
    // Whoever opened it chose what its plan runs: no secret of anybody's is handed to that.
    const policy = pull?.fork && !deploys ? { ...inForce, secrets: {} } : inForce;
    const affected = await affectedProjects({
      base: base?.tree ?? null,
      head: head.tree,
      config: head.config,
      environment: run.environment,
      hcl: ports.hcl,
      ...(base ? { baseConfig: base.config } : {}),
    });
    const context: ProgressContext = {
      commit: source.commit,
      tree: head.tree,
      graph: affected.graph,
      environment: run.environment,
      policy,
      record,
      binaries: ports.binaries,
      sizes: ports.sizes,
      addresses: affected.addresses,
    };
    const chosen = chooseProjects(run, affected, record);
    checkSizes(chosen, ports.sizes);
    const destroyed = deploys && policy.removed === 'destroy' ? affected.removed : [];
    const progress = chosen.map((project) => {
      const move = affected.moved.find(({ to }) => to.name === project.name);
      const formerState = move ? stateKey(run, move.from.name) : null;
      const replace = replaced(run, project.name);
      return progressOf(project, context, { reasons: project.reasons, destroy: false, formerState, replace });
    });
    const old = base
      ? destroyed.map((project) =>
          progressOf(
            project,
            { ...contextOfBase(context, base) },
            { reasons: ['its root was removed'], destroy: true },
          ),
        )
      : [];

    const doc = newDocument(run, {
      n: documents,
      runNumber: number,
      pull,
      commit: source.commit,
      branch: run.workflow === 'plan' ? null : (head.config.environments[run.environment]?.branch ?? null),
      base: source.base,
      policy,
      policyChanges: changes,
      configDigest: configDigest(head.configText),
      slackChannel: (base?.config ?? head.config).notifications.slack?.channel ?? null,
      authors,
      fence,
      backends: await backendsOf(ports, head.tree, affected.all, affected.addresses),
      reported: [
        ...affected.removed.filter((p) => !destroyed.includes(p)).map((p) => p.name),
        ...affected.doubtful.map((d) => d.why),
      ],
      moved: affected.moved.map(({ from, to }) => ({ from: from.name, to: to.name })),
      brokenBefore: record?.state === 'broken',
      everApplied: Object.keys(record?.projects ?? {}),
      // A deploy's is noted where it meets it.
      frozen: deploys ? null : frozen,
      deploy: {
        commit: source.commit,
        // What is gone goes last, and what depended on it before it.
        waves: [...waves(chosen, affected.all), ...waves(destroyed, destroyed).reverse()],
        wave: 0,
        stage: 'new',
        projects: Object.fromEntries([...progress, ...old].map((p) => [p.project.name, p])),
      },
      takenBack: run.request.command === 'rollback' && base ? takenBack(context, base, affected) : {},
    });
    return begin(run, doc, { record, frozen, config: head.config }, ports);
  },
});

function contextOfBase(context: ProgressContext, base: ReadCommit): ProgressContext {
  const { graph: _graph, ...rest } = context;
  return { ...rest, commit: base.commit, tree: base.tree };
}

/** A broken environment may be anywhere, and a way back by hand starts from anywhere: every project is planned. */
function chooseProjects(
  run: RunInput,
  affected: Affected,
  record: EnvironmentRecord | null,
): Affected['projects'] {
  if (run.request.command === 'plan') {
    const { project } = run.request;
    if (project === undefined) return affected.projects;
    const one = affected.all.find(({ name }) => name === project);
    if (!one) {
      const names = affected.all.map(({ name }) => name).join(', ');
      throw new InvalidInput(`There is no project "${project}" in ${run.environment}; there is ${names}.`);
    }
    return [{ ...one, reasons: ['asked for'], direct: true }];
  }
  if (record?.state === 'broken' || run.request.command === 'rollback') {
    const why = run.request.command === 'rollback' ? 'the way back' : 'the environment is broken';
    return affected.all.map((project) => ({ ...project, reasons: [why], direct: true }));
  }
  const asked = run.request.command === 'deploy' ? run.request.projects : undefined;
  return withAskedFor(affected, asked, run.environment);
}

function replaced({ request }: RunInput, project: string): string[] {
  if (request.command !== 'deploy' || !request.replace) return [];
  if (request.projects?.length !== 1)
    throw new InvalidInput('`replace` goes with the one project that has it.');
  return request.projects[0] === project ? request.replace : [];
}

function takenBack(context: ProgressContext, base: ReadCommit, affected: Affected): Record<string, string> {
  const old = contextOfBase(context, base);
  return Object.fromEntries(
    affected.projects
      .filter(({ direct }) => direct)
      .map((p) => [p.name, progressOf(p, old, { reasons: [], destroy: false }).content]),
  );
}

async function pullOf(
  run: RunInput,
  ofCommit: Pull[],
  ports: Pick<Ports, 'pulls'>,
): Promise<PullPart | null> {
  const number = run.request.pull;
  const merged = ofCommit.find((pull) => pull.merged);
  const pull = number === undefined ? merged : await ports.pulls.get(run.repository, number);
  return pull ? pullPart(pull) : null;
}

async function authorsOf(
  run: RunInput,
  source: { commit: string; base: string | null },
  pulls: Pull[],
  ports: Pick<Ports, 'source'>,
): Promise<string[]> {
  const commits =
    source.base === null
      ? [await ports.source.commit(run.repository, source.commit)]
      : await ports.source.between(run.repository, source.base, source.commit);
  // Who merges writes nothing: a forge makes them the author of the merge commit all the same.
  const written = commits.filter(({ parents }) => parents.length < 2);
  const authors = [...written.map(({ author }) => author), ...pulls.map(({ author }) => author)];
  // What is made anew although no commit says so is the work of who asks for it.
  if (run.request.command === 'deploy' && run.request.replace) authors.push(run.request.origin.login);
  return [...new Set(authors.filter((author) => author !== null))];
}

async function begin(
  run: RunInput,
  doc: RunDocument,
  { record, frozen, config }: { record: EnvironmentRecord | null; frozen: Freeze | null; config: Config },
  ports: Pick<Ports, 'artifacts' | 'clock' | 'status' | 'trace'>,
): Promise<Record<string, unknown>> {
  if (run.workflow === 'plan') return { outcome: 'next', doc: await saveDocument(ports, doc) };

  const refused = refusal(run, doc, record);
  if (refused) {
    const failure = { project: null, stage: 'content' as const, message: refused, job: null };
    return { outcome: 'done', doc: await saveDocument(ports, { ...doc, outcome: 'refused', failure }) };
  }
  const projects = Object.values(doc.deploy.projects);
  if (projects.length === 0) {
    return { outcome: 'done', doc: await saveDocument(ports, { ...doc, outcome: 'nothing' }) };
  }
  const met = frozen && meetFreeze(doc, frozen, ports.clock.now());
  if (met?.kind === 'waits') {
    return { outcome: 'frozen', within: met.within, doc: await saveDocument(ports, met.doc) };
  }
  if (met?.kind === 'refused') return { outcome: 'done', doc: await saveDocument(ports, met.doc) };
  const goes = met?.doc ?? doc;
  const { build } = goes.policy;
  const order =
    build && run.request.command !== 'rollback' && !isOfWhatStands(run.request)
      ? buildOrder(goes, build, config.environments[goes.environment]?.variables ?? {})
      : null;
  const next: RunDocument = order ? { ...goes, build: { job: order.prefix, outputs: null } } : goes;
  if (order) await writeOrders([order], ports);
  const saved = await saveDocument(ports, next);
  await tell(ports, next, 'run.started', `Plans ${plural(projects.length, 'project')}.`, {
    state: 'running',
    // When it was asked for, another one may have stood.
    ...(isOfWhatStands(run.request) ? { commit: goes.commit } : {}),
  });
  return order ? { outcome: 'build', build: itemOf(order), doc: saved } : { outcome: 'next', doc: saved };
}

/** Content that failed before is not tried again by itself; other content goes ahead. */
function refusal(run: RunInput, doc: RunDocument, record: EnvironmentRecord | null): string | null {
  if (run.request.command === 'rollback' && doc.policy.rollback === 'off') {
    return `${doc.environment} says \`rollback: off\` in cairn.yaml: push a change that mends it, or revert one.`;
  }
  if (run.request.command !== 'deploy' || run.request.retry || !record) return null;
  const same = Object.values(doc.deploy.projects).find((p) => record.failed[p.project.name] === p.content);
  if (!same) return null;
  const revert = record.revert ? ` Merge the revert pull request #${record.revert.pull}, or` : '';
  return (
    `${same.project.name} is as it was when its deployment failed, and ${doc.environment} was rolled back then.` +
    `${revert || ' Either'} push a change that mends it; /cairn deploy ${doc.environment} --retry tries the same again.`
  );
}
