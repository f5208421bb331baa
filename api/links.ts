import type { Links } from '../core/ports.ts';

/**
 * Addresses of this app's pages. A job is named by its id or by its artifact prefix `runs/<run>/jobs/<id>`;
 * a prefix may be of another run, whose plan was used again.
 */
export function pageLinks(publicUrl: string): Links {
  const base = publicUrl.replace(/\/+$/, '');
  return {
    run: (runId) => `${base}/runs/${encodeURIComponent(runId)}`,
    job: (runId, job) => {
      const [, owner, id] = /^runs\/([^/]+)\/jobs\/([^/]+)$/.exec(job) ?? [];
      return `${base}/runs/${encodeURIComponent(owner ?? runId)}/jobs/${encodeURIComponent(id ?? job)}`;
    },
  };
}
