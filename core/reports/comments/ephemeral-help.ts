import { pullEnvironment } from '../../ephemeral/name.ts';
import type { RunDocument } from '../../runs/document.ts';

type Known = Pick<RunDocument, 'environment' | 'pull'>;

/** A command about the environment, as it is typed on its pull request: that one's own needs no name there. */
export function onPull(of: Known, command: 'extend' | 'down', rest = ''): string {
  const own = of.pull !== null && of.environment === pullEnvironment(of.pull.number);
  return ['/cairn', command, ...(own ? [] : [of.environment]), ...(rest === '' ? [] : [rest])].join(' ');
}

/** The same where there is no pull request. */
export function onTerminal({ environment }: Known, command: 'extend' | 'down', rest = ''): string {
  return ['cairn env', command, environment, ...(rest === '' ? [] : [rest])].join(' ');
}

/** What tries a launch again that came to nothing. */
export function helpForEphemeral(doc: RunDocument): string | null {
  const { request, environment, pull, outcome, ephemeral } = doc;
  if (request.command !== 'ephemeral') return null;
  if (outcome !== 'failed' && outcome !== 'broken' && outcome !== 'expired') return null;
  if (pull === null) return `cairn env up --ref ${shellWord(ephemeral?.ref ?? '')} --name ${environment}`;
  return environment === pullEnvironment(pull.number) ? '/cairn up' : `/cairn up name=${environment}`;
}

/** People copy this line into a shell, and git takes `$(…)` and `;` in the name of a branch. */
function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
