import type { ForgePorts } from '../../core/ports.ts';
import { type GithubOptions, githubClient } from './client.ts';
import { githubGitData } from './git-data.ts';
import { githubIssues } from './issues.ts';
import { githubPeople } from './people.ts';
import { githubPulls } from './pulls.ts';
import { githubRedelivery } from './redelivery.ts';
import { githubReports } from './reports.ts';
import { githubSource } from './source.ts';

export type { GithubOptions } from './client.ts';

export interface GithubForge extends ForgePorts {
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
    issues: githubIssues(client),
    redelivery: githubRedelivery(client),
    self: client.self,
  };
}
