import type { Ignored, Request } from './request.ts';

/** Replaced by the full reading of GitHub's payloads. */
export function requestFromWebhook(
  input: { event: string; deliveryId: string; payload: unknown },
  _context: { self: string | null },
): Request[] | Ignored {
  const p = input.payload as Record<string, any>;
  const repository = p['repository']?.full_name as string;
  const login = p['sender']?.login as string;
  if (input.event === 'push' && String(p['ref']).startsWith('refs/heads/') && !p['deleted'] && !String(p['ref']).startsWith('refs/heads/cairn/'))
    return [{ command: 'push', repository, branch: String(p['ref']).slice(11), before: p['before'], commit: p['after'], origin: { source: 'webhook', login, trigger: `${p['before']}..${p['after']}` } }];
  if (input.event === 'pull_request' && ['opened', 'synchronize', 'reopened', 'ready_for_review'].includes(p['action']))
    return [{ command: 'plan', repository, pull: p['number'], commit: p['pull_request'].head.sha, asked: false, origin: { source: 'webhook', login, trigger: `${p['number']}/${p['pull_request'].head.sha}/${p['action']}` } }];
  if (input.event === 'issue_comment' && p['action'] === 'created') {
    const m = /^\/cairn approve (\S+) (\S+)/.exec(p['comment'].body);
    if (m) return [{ command: 'approve', repository, environment: m[1]!, digest: m[2]!, pull: p['issue'].number, origin: { source: 'comment', login, trigger: `comment-${p['comment'].id}` } }];
  }
  return { ignored: `${input.event} asks for nothing` };
}
