import { CONFIG_FILE } from '../../config/load-config.ts';
import { InvalidInput } from '../../errors.ts';
import type { GitData, Ports } from '../../ports.ts';
import { filesOf } from '../../projects/project-files.ts';
import { readOutline } from '../../record/read.ts';
import { short } from '../../reports/deploy-report.ts';
import { renderRevertPull } from '../../reports/github/revert.ts';
import { type RunDocument, settled } from '../../runs/document.ts';
import { logTail } from '../../runs/results.ts';
import { revertFiles } from '../../runs/revert.ts';
import { fetchSourceOf, sourceTree } from '../../runs/sources.ts';
import { loadDocument, saveDocument } from '../../runs/store.ts';
import { tell } from '../../runs/tell.ts';
import { documentInput } from '../input.ts';
import { step } from '../step.ts';

/**
 * After a rollback: one pull request per environment, edited in place, that takes the failed projects' files
 * back to the last good commit. Any other run passes through.
 */
export const openRevert = step({
  input: documentInput,
  ports: ['archives', 'artifacts', 'clock', 'git', 'links', 'pulls', 'sent', 'source', 'status'],
  async run({ doc: key }, ports) {
    const doc = settled(await loadDocument(ports, key));
    const target = revertTarget(doc);
    if (!target) return { doc: await saveDocument(ports, doc) };

    const branch = await branchOf(doc, ports);
    const head = await ports.source.head(doc.repository, branch);
    await fetchSourceOf(ports, doc.repository, head);
    const [good, failed, now] = await Promise.all(
      [target.good, target.failed, head].map((commit) => sourceTree(ports, doc.repository, commit)),
    );
    if (!good || !failed || !now) throw new InvalidInput('no tree');
    const paths = target.projects.flatMap((dir) => [...filesOf(good, dir), ...filesOf(failed, dir)]);
    const { files, left } = revertFiles({
      good,
      failed,
      head: now,
      paths: paths.filter((p) => p !== CONFIG_FILE),
    });
    // Nothing left to take back: somebody reverted it already.
    if (files.length === 0) return { doc: await saveDocument(ports, doc) };

    const log = doc.failure?.job ? await logTail(ports, doc.failure.job) : '';
    const text = renderRevertPull({
      environment: doc.environment,
      failedCommit: target.failed,
      goodCommit: target.good,
      failure: doc.failure,
      logTail: log,
      restored: Object.keys(doc.rollback?.projects ?? doc.deploy.projects),
      files: files.map((f) => f.path),
      left,
      runUrl: ports.links.run(doc.runId),
      runNumber: doc.runNumber,
    });
    const former = await formerBranch(doc, ports);
    const pull = await openOrEdit(
      doc,
      former,
      { ...text, base: branch, head, files, failed: target.failed },
      ports,
    );
    await ports.sent.put(revertKey(doc), { id: pull.branch, order: pull.pull });
    const next: RunDocument = { ...doc, revert: { ...pull, left } };
    const saved = await saveDocument(ports, next);
    await tell(ports, next, 'revert.opened', `Revert pull request #${pull.pull}.`);
    return { doc: saved };
  },
});

/** Commits and project folders to take back; null where there is nothing to. */
function revertTarget(doc: RunDocument): { good: string; failed: string; projects: string[] } | null {
  if (doc.outcome !== 'rolled-back') return null;
  const dirs = (pass: RunDocument['deploy']) => Object.values(pass.projects).map((p) => p.project.dir);
  if (doc.rollback) {
    const touched = Object.values(doc.deploy.projects).filter((p) => p.apply !== null);
    return { good: doc.rollback.commit, failed: doc.commit, projects: touched.map((p) => p.project.dir) };
  }
  // By hand: from what was there to the commit that was asked for.
  return doc.base === null || doc.base === doc.commit
    ? null
    : { good: doc.commit, failed: doc.base, projects: dirs(doc.deploy) };
}

async function branchOf(doc: RunDocument, ports: Pick<Ports, 'source'>): Promise<string> {
  return doc.branch ?? (await ports.source.defaultBranch(doc.repository));
}

function revertKey({ repository, environment }: RunDocument): string {
  return `revert/${repository}/${environment}`;
}

/** Good deployments since then made the record forget it, but its pull request may still be open. */
async function formerBranch(
  doc: RunDocument,
  ports: Pick<Ports, 'git' | 'sent' | 'source'>,
): Promise<string | null> {
  const record = await readOutline(ports, doc.repository, doc.environment);
  return record?.revert?.branch ?? (await ports.sent.get(revertKey(doc)))?.id ?? null;
}

interface Wanted {
  title: string;
  body: string;
  base: string;
  head: string;
  failed: string;
  files: Parameters<GitData['commit']>[1]['files'];
}

/** The branch is Cairn's own, so it may be moved to a new commit when an open pull request is used again. */
async function openOrEdit(
  doc: RunDocument,
  former: string | null,
  wanted: Wanted,
  ports: Pick<Ports, 'clock' | 'git' | 'pulls'>,
): Promise<{ pull: number; url: string; branch: string }> {
  const { repository, environment } = doc;
  const open = former ? await ports.pulls.findOpen(repository, former) : null;
  const branch = open ? open.head.branch : `cairn/revert-${environment}-${short(wanted.failed)}`;
  const commit = await ports.git.commit(repository, {
    parent: wanted.head,
    message: `${wanted.title}\n\nCairn-Run: ${doc.runId}\n`,
    files: wanted.files,
    date: ports.clock.now().toISOString(),
  });
  const ref = `refs/heads/${branch}`;
  if ((await ports.git.createRef(repository, ref, commit)) === 'exists') {
    await ports.git.moveRef(repository, ref, commit, true);
  }
  const existing = open ?? (await ports.pulls.findOpen(repository, branch));
  if (!existing) {
    const { title, body, base } = wanted;
    const made = await ports.pulls.open(repository, { title, body, base, head: branch });
    return { pull: made.number, url: made.url, branch };
  }
  await ports.pulls.edit(repository, existing.number, { title: wanted.title, body: wanted.body });
  return { pull: existing.number, url: existing.url, branch };
}
