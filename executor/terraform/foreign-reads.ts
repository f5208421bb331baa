import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SOURCE, spelledOut } from '../../core/ephemeral/remote-states.ts';
import type { PlanJob } from '../../core/jobs/job.ts';
import type { Context } from '../context.ts';
import { JobRefused } from '../outcome.ts';

/** What `init` fetched, by the call that asked for it: `{"Modules": [{"Key", "Source", "Dir"}]}`. */
const MANIFEST = '.terraform/modules/modules.json';
const FETCHED = '.terraform/modules/';

interface Module {
  Key: string;
  Source: string;
  /** Relative to the root module. */
  Dir: string;
}

/**
 * Modules from a registry or from Git are not in the commit: only here, once `init` has fetched them, can be told
 * whether they read a state. What they are handed is not followed, so that none may, unless the project may read
 * what it likes.
 */
export function refuseForeignReads({ job }: Context<PlanJob>, root: string): void {
  if (!job.ownStates) return;
  for (const { Key, Source, Dir } of fetchedModules(root)) {
    for (const name of readdirSync(join(root, Dir))) {
      if (!SOURCE.test(name)) continue;
      const line = lineOfRead(readFileSync(join(root, Dir, name), 'utf8'));
      if (line === null) continue;
      throw new JobRefused(
        `module.${Key} of ${job.project.name} (${Source}) reads a state: \`terraform_remote_state\` in ${name}:${line}. ` +
          `Nothing was planned. A module that comes from elsewhere may do so in an ephemeral environment only if the default branch allows it with \`ephemeral: { reads: [${job.project.name}] }\` in cairn.yaml.`,
      );
    }
  }
}

function fetchedModules(root: string): Module[] {
  const path = join(root, MANIFEST);
  if (!existsSync(path)) return [];
  const { Modules = [] } = JSON.parse(readFileSync(path, 'utf8')) as { Modules?: Module[] };
  return Modules.filter(({ Dir }) => Dir.startsWith(FETCHED) && existsSync(join(root, Dir)));
}

/**
 * The line of the first word that can be a block's; null if there is none but in comments and in what refers to a
 * block. A label may stand without quotes, and a line that ends a comment may begin like one.
 */
function lineOfRead(text: string): number | null {
  const lines = spelledOut(text).split('\n');
  const at = lines.findIndex((line) => {
    const isComment = /^\s*(?:#|\/\/)/.test(line) && !line.includes('*/');
    return !isComment && /(?<![.\w])terraform_remote_state\b/.test(line);
  });
  return at < 0 ? null : at + 1;
}
