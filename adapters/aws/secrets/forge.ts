import { z } from 'zod';
import type {
  ForgePorts,
  GitData,
  Issues,
  People,
  Pulls,
  Redelivery,
  Reports,
  Source,
} from '../../../core/ports.ts';
import type { GithubOptions } from '../../github/client.ts';
import { callsOf } from '../lazy-port.ts';
import { fromSecret } from './from-secret.ts';
import type { Secrets } from './secrets.ts';

const app = z.object({
  appId: z.union([z.string().min(1), z.number()]),
  privateKey: z.string().min(1),
});

const SOURCE: Record<keyof Source, true> = {
  head: true,
  commit: true,
  tarball: true,
  file: true,
  between: true,
  defaultBranch: true,
};
const PULLS: Record<keyof Pulls, true> = {
  get: true,
  ofCommit: true,
  testMerge: true,
  findOpen: true,
  open: true,
  edit: true,
};
const REPORTS: Record<keyof Reports, true> = {
  createComment: true,
  editComment: true,
  check: true,
  createDeployment: true,
  deploymentStatus: true,
  react: true,
};
const GIT: Record<keyof GitData, true> = {
  ref: true,
  commit: true,
  createRef: true,
  moveRef: true,
  deleteRef: true,
};
const PEOPLE: Record<keyof People, true> = { whoIs: true, permission: true, workflowRun: true };
const ISSUES: Record<keyof Issues, true> = { open: true, get: true, edit: true };
const REDELIVERY: Record<keyof Redelivery, true> = { failed: true, again: true };

/** GitHub as the App whose credentials stand in a secret: read with the first call, and again when they changed. */
export function forgeOfSecret(options: {
  secrets: Secrets;
  reference: string;
  github: Omit<GithubOptions, 'auth'>;
}): ForgePorts {
  const { secrets, reference, github } = options;
  const forge = fromSecret({
    secrets,
    reference,
    schema: app,
    make: async (credentials) => {
      const { githubForge } = await import('../../github/github-forge.ts');
      return githubForge({ ...github, auth: { app: credentials } });
    },
  });
  return {
    source: callsOf<Source>(SOURCE, (call) => forge.use(({ source }) => call(source))),
    pulls: callsOf<Pulls>(PULLS, (call) => forge.use(({ pulls }) => call(pulls))),
    reports: callsOf<Reports>(REPORTS, (call) => forge.use(({ reports }) => call(reports))),
    git: callsOf<GitData>(GIT, (call) => forge.use(({ git }) => call(git))),
    people: callsOf<People>(PEOPLE, (call) => forge.use(({ people }) => call(people))),
    issues: callsOf<Issues>(ISSUES, (call) => forge.use(({ issues }) => call(issues))),
    redelivery: callsOf<Redelivery>(REDELIVERY, (call) => forge.use(({ redelivery }) => call(redelivery))),
  };
}
