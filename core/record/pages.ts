import { link } from '../reports/markdown.ts';
import type { Freeze } from '../runs/document.ts';
import type { EnvironmentRecord, HistoryLine, IndexedDrift, RecordIndex } from './schema.ts';

const SHOWN = 50;

/** `README.md` of the branch: what the forge shows first. */
export function topPage(index: RecordIndex): string {
  const rows = Object.entries(index.environments)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { state, commit, deployment, at }]) => [
      `[${cell(name)}](environments/${name}/README.md)`,
      [
        stateWord(state),
        ...(Object.hasOwn(index.freezes, name) ? ['frozen'] : []),
        ...(Object.hasOwn(index.drift, name) ? ['drifted'] : []),
      ].join(', '),
      sha(commit),
      `${deployment}`,
      time(at),
    ]);

  return page([
    '# What is deployed',
    'Cairn writes this branch: the state of each environment, and a commit for every deployment. `git log` tells its history. Nobody else should write here.',
    table(['environment', 'state', 'commit', 'deployment', 'at'], rows),
    ...(index.ephemeral ? ['[Ephemeral environments](ephemeral/README.md)'] : []),
    ...frozen(index.freezes),
  ]);
}

/** Also those that nothing was deployed to yet. */
function frozen(freezes: RecordIndex['freezes']): string[] {
  const rows = Object.entries(freezes)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { by, reason, at, until }]) => [
      cell(name),
      cell(by),
      cell(reason),
      time(at),
      until === null ? '' : time(until),
    ]);
  return rows.length === 0
    ? []
    : [
        '## Frozen',
        'Nothing is applied to these.',
        table(['environment', 'by', 'reason', 'since', 'until'], rows),
      ];
}

/** `environments/<environment>/README.md` */
export function environmentPage(
  name: string,
  record: EnvironmentRecord,
  history: HistoryLine[],
  { freeze, drift }: { freeze: Freeze | null; drift: IndexedDrift | null },
): string {
  const projects = Object.entries(record.projects)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([project, { commit, deployment, terraform, dir, workspace }]) => [
      cell(project),
      `\`${code(dir)}\`${workspace === 'default' ? '' : ` in ${cell(workspace)}`}`,
      sha(commit),
      `${deployment}`,
      cell(`${terraform.binary} ${terraform.version}`),
    ]);
  const deployments = history
    .slice(-SHOWN)
    .reverse()
    .map((line) => [
      `${line.number}`,
      time(line.at),
      cell(line.command === null ? line.outcome : `${line.outcome}: ${line.command}`),
      sha(line.commit),
      cell(line.projects.join(', ')),
      cell(line.requestedBy ?? ''),
      cell(line.approvedBy.join(', ')),
      cell(line.failure ?? (line.despiteFreeze === null ? '' : `despite the freeze: ${line.despiteFreeze}`)),
    ]);

  return page([
    `# ${cell(name)}: ${stateWord(record.state)}`,
    sentence(record),
    ...(freeze === null ? [] : [frozenSentence(freeze)]),
    ...(drift === null ? [] : [driftSentence(drift)]),
    '## Projects',
    projects.length === 0
      ? 'None.'
      : table(['project', 'folder', 'commit', 'deployment', 'applied by'], projects),
    `## Last ${SHOWN} deployments`,
    table(['', 'at', 'outcome', 'commit', 'projects', 'requested by', 'approved by', 'failure'], deployments),
  ]);
}

function sentence(record: EnvironmentRecord): string {
  if (record.last.outcome === 'destroyed') {
    return `It was destroyed; it stood at ${sha(record.last.commit)}. The next deployment makes all of it anew.`;
  }
  const good =
    record.commit === null
      ? 'There is no good commit yet.'
      : `The last good commit is ${sha(record.commit)}.`;
  const failed = Object.keys(record.failed).map(cell).join(', ');
  const revert = record.revert === null ? '' : ` The revert pull request is #${record.revert.pull}.`;

  switch (record.state) {
    case 'ok':
      return good;
    case 'frozen':
      return `${good} Nothing is deployed until it is unfrozen.`;
    case 'rollback':
      return `${good} It was rolled back to it${failed === '' ? '' : `; what failed is not deployed again until it changes: ${failed}`}.${revert}`;
    case 'broken':
      return `${good} It is **broken**: ${cell(record.broken ?? 'no reason was given')}${revert}`;
  }
}

function frozenSentence({ by, reason, at, until }: Freeze): string {
  const end = until === null ? 'until somebody unfreezes it' : `until ${time(until)}`;
  return `**Frozen** by ${cell(by)} since ${time(at)}, ${end}: ${cell(reason)}`;
}

function driftSentence({ since, where, issue }: IndexedDrift): string {
  // Numbers of issues are no links in a file.
  const told = issue === null ? '' : ` The difference stands in ${link(`#${issue.number}`, issue.url)}.`;
  return `**Drift** since ${time(since)} in ${cell(where)}: what stands is not what was deployed.${told} [Its history](drift.md).`;
}

function stateWord(state: EnvironmentRecord['state']): string {
  return state === 'rollback' ? 'rolled back' : state;
}

export function sha(commit: string | null): string {
  return commit === null ? '' : `\`${commit.slice(0, 7)}\``;
}

/** `2026-01-01 12:30` in UTC. */
export function time(at: string): string {
  return cell(`${at.slice(0, 10)} ${at.slice(11, 16)}`);
}

/** Text from elsewhere: no markup, no mention, no end of the cell. */
export function cell(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/[\\`*_{}[\]()#|~!]/g, '\\$&')
    .replace(/@/g, '@\u200b');
}

function code(text: string): string {
  return text.replace(/[`|\r\n]/g, ' ');
}

export function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

export function page(parts: string[]): string {
  return `${parts.join('\n\n')}\n`;
}
