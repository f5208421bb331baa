import { parseJobPrefix } from '../core/jobs/names.ts';
import type { Links } from '../core/ports.ts';

/**
 * Addresses of this app's pages. A job is named by its id or by its artifact prefix, which may be
 * of another run, whose plan was used again.
 */
export function pageLinks(publicUrl: string): Links {
  const base = publicUrl.replace(/\/+$/, '');
  return {
    run: (runId) => `${base}/runs/${encodeURIComponent(runId)}`,
    output: (runId) => `${base}/runs/${encodeURIComponent(runId)}/output.txt`,
    job: (runId, job) => {
      const known = parseJobPrefix(job) ?? { runId, jobId: job };
      return `${base}/runs/${encodeURIComponent(known.runId)}/jobs/${encodeURIComponent(known.jobId)}`;
    },
  };
}
