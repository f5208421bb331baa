import type { RunDocument } from '../../runs/document.ts';
import { type DeployReport, short } from '../deploy-report.ts';
import { alert, code, link, prose } from '../markdown.ts';
import { clipped } from '../text.ts';
import { withSections } from './comment.ts';
import { deployTitle, failurePart, messagePart, withoutRepeats } from './deploy.ts';
import { ephemeralMarker } from './ephemeral.ts';
import { nameOf, projectTable } from './overview.ts';

/** Room for the table: what is left stands above it. */
const TABLE_ROOM = 24_000;
const PROJECTS = 20;
const ADDRESSES = 10;

/** The comment that a pull request has for an environment, from when it ends. */
export function renderDestroyComment(doc: RunDocument, run: DeployReport): string {
  const head = [
    ephemeralMarker(run.environment),
    `### ${deployTitle(run, prose)}`,
    contextOf(doc, run),
    ...leftPart(doc),
    ...messagePart(run),
    ...failurePart(run),
    goneLine(doc, run),
    projectTable(run.projects, TABLE_ROOM, link('the run', run.runUrl)),
  ].filter((part) => part !== '');
  return withSections(head, withoutRepeats(run), [], run.runUrl);
}

const WHY: Record<string, string> = {
  time: 'its time is up',
  closed: 'its pull request was closed',
  failed: 'it could not be made',
  forgotten: 'a destroy of it did not come to its end',
};

function contextOf({ request, ephemeral }: RunDocument, run: DeployReport): string {
  const by = request.origin.login;
  const reason = request.command === 'destroy' ? request.reason : 'asked';
  const why = WHY[reason] ?? (by === null ? 'it was asked for' : `asked for by ${code(nameOf(by))}`);
  const ref = ephemeral ? ` of ${code(clipped(ephemeral.ref, 200))}` : '';
  const commit = run.commit === '' ? '' : `Commit ${code(short(run.commit))}${ref} · `;
  return `${commit}${why} · ${link(`run ${run.runNumber}`, run.runUrl)}`;
}

/** What still exists and is paid for, by address. */
function leftPart({ destroy, outcome }: RunDocument): string[] {
  if (outcome !== 'leaked' || !destroy) return [];
  const all = Object.entries(destroy.left);
  const lines = all
    .slice(0, PROJECTS)
    .map(([project, addresses]) => `- ${code(nameOf(project))}: ${addressesOf(addresses)}`);
  const more = all.length - lines.length;
  return [
    alert('CAUTION', [
      '**Still there**, and kept in mind until somebody resolves it:',
      ...lines,
      ...(more > 0 ? [`- … and ${more} more projects`] : []),
    ]),
  ];
}

function addressesOf(addresses: string[] | null): string {
  if (addresses === null) return 'what it holds could not be told';
  const shown = addresses.slice(0, ADDRESSES).map((address) => code(nameOf(address)));
  const more = addresses.length - shown.length;
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** Of attempts before the one that the table shows. */
function goneLine({ destroy }: RunDocument, { projects }: DeployReport): string {
  const shown = new Set(projects.map(({ name }) => name));
  const gone = (destroy?.gone ?? []).filter((name) => !shown.has(name));
  if (gone.length === 0) return '';
  const names = gone.slice(0, PROJECTS).map((name) => code(nameOf(name)));
  return `Gone already: ${names.join(', ')}${gone.length > PROJECTS ? ' …' : ''}.`;
}

/** The same in one line, for where there is no list. */
export function leftLine({ destroy, outcome }: RunDocument): string {
  if (outcome !== 'leaked' || !destroy) return '';
  const said = Object.entries(destroy.left)
    .slice(0, 5)
    .map(([project, addresses]) => {
      const shown = addresses?.slice(0, 3).join(', ') ?? 'could not be told';
      return `${project} (${shown}${(addresses?.length ?? 0) > 3 ? ', …' : ''})`;
    });
  return `Still there: ${said.join(', ')}`;
}
