import type { Ports } from '../../core/ports.ts';
import { type GithubOptions, githubClient } from './client.ts';
import { githubGitData } from './git-data.ts';
import { githubPeople } from './people.ts';
import { githubPulls } from './pulls.ts';
import { githubReports } from './reports.ts';
import { githubSource } from './source.ts';

export type { GithubOptions } from './client.ts';

export interface GithubForge extends Pick<Ports, 'source' | 'pulls' | 'reports' | 'git' | 'people'> {
  /** Login under which Cairn writes (`cairn[bot]`), null if GitHub does not tell: its own comments are ignored. */
  self(): Promise<string | null>;
}

/** Everything Cairn asks of GitHub, of a GitHub Enterprise server, or of the forge on this machine. */
export function githubForge(options: GithubOptions): GithubForge {
  const client = githubClient(options);
  return {
    source: githubSource(client),
    pulls: githubPulls(client),
    reports: githubReports(client),
    git: githubGitData(client),
    people: githubPeople(client),
    self: client.self,
  };
}
