import { ForgeRefused, InvalidInput, NotFound } from '../../core/errors.ts';
import type { People } from '../../core/ports.ts';
import type { Client } from './client.ts';

export function githubPeople(client: Client): People {
  return {
    async whoIs(token) {
      // What could not be a token never leaves this machine (nor breaks a header).
      if (!/^[\x21-\x7e]{1,500}$/.test(token)) return null;
      try {
        const { data } = await client.plain('GET /user', { headers: { authorization: `token ${token}` } });
        return data.login;
      } catch (error) {
        if (error instanceof ForgeRefused || error instanceof NotFound) return null;
        throw error;
      }
    },

    async permission(repository, login) {
      const { request, owner, repo } = await client.on(repository);
      try {
        const at = { owner, repo, username: login };
        const { data } = await request('GET /repos/{owner}/{repo}/collaborators/{username}/permission', at);
        return toPermission(data.permission);
      } catch (error) {
        // Nobody of that name.
        if (error instanceof NotFound || error instanceof InvalidInput) return 'none';
        throw error;
      }
    },

    async workflowRun(repository, id) {
      const { request, owner, repo } = await client.on(repository);
      try {
        const at = { owner, repo, run_id: id };
        const { data } = await request('GET /repos/{owner}/{repo}/actions/runs/{run_id}', at);
        return {
          // `actor` stays whoever started the first attempt.
          actor: data.triggering_actor?.login ?? data.actor?.login ?? null,
          attempt: data.run_attempt ?? 1,
          headRepository: data.head_repository?.full_name ?? null,
          branch: data.head_branch,
          commit: data.head_sha,
          status: data.status ?? 'unknown',
          event: data.event,
          title: data.display_title ?? '',
        };
      } catch (error) {
        if (error instanceof NotFound) return null;
        throw error;
      }
    },
  };
}

/** GitHub folds `maintain` into write and `triage` into read here; what it may add later is no permission. */
function toPermission(text: string): 'admin' | 'write' | 'read' | 'none' {
  return text === 'admin' || text === 'write' || text === 'read' ? text : 'none';
}
