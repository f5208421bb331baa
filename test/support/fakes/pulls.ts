import { NotFound } from '../../../core/errors.ts';
import type { Pull, Pulls } from '../../../core/ports.ts';
import type { MemoryRepository } from './repository.ts';

export interface MemoryPulls extends Pulls {
  all: (Pull & { body: string })[];
  /** Merges it into its base with a merge commit; answers that commit. */
  merge(number: number): string;
}

export function memoryPulls(repository: MemoryRepository): MemoryPulls {
  const all: (Pull & { body: string })[] = [];

  function find(name: string, number: number): Pull & { body: string } {
    const pull = name === repository.name ? all.find((one) => one.number === number) : undefined;
    if (!pull) throw new NotFound(`there is no pull request ${number} in ${name}`);
    refresh(pull);
    return pull;
  }

  function refresh(pull: Pull): void {
    if (pull.state === 'closed') return;
    pull.head.sha = repository.refs.get(`refs/heads/${pull.head.branch}`) ?? pull.head.sha;
    pull.base.sha = repository.refs.get(`refs/heads/${pull.base.branch}`) ?? pull.base.sha;
  }

  return {
    all,
    get: async (name, number) => structuredClone(find(name, number)),
    async ofCommit(name, commit) {
      const found = all.filter((pull) => {
        refresh(pull);
        return name === repository.name && (pull.head.sha === commit || merged(pull, commit));
      });
      return structuredClone(found);
    },
    async testMerge(name, number) {
      const pull = find(name, number);
      return repository.merge(pull.base.sha, pull.head.sha, `Merge ${pull.head.sha} into ${pull.base.sha}`);
    },
    async findOpen(name, headBranch) {
      const found = all.find((pull) => pull.state === 'open' && pull.head.branch === headBranch);
      return found && name === repository.name ? structuredClone(find(name, found.number)) : null;
    },
    async open(name, { title, body, head, base }) {
      const open = all.find((pull) => pull.state === 'open' && pull.head.branch === head);
      if (open) return structuredClone(find(name, open.number));
      const pull = {
        number: all.length + 1,
        title,
        body,
        state: 'open' as const,
        merged: false,
        draft: false,
        author: 'alice',
        fork: false,
        head: { branch: head, sha: await repository.source.head(name, head) },
        base: { branch: base, sha: await repository.source.head(name, base) },
        url: `http://forge.test/${name}/pull/${all.length + 1}`,
      };
      all.push(pull);
      return structuredClone(pull);
    },
    async edit(name, number, change) {
      Object.assign(find(name, number), change);
    },
    merge(number) {
      const pull = find(repository.name, number);
      const commit = repository.merge(pull.base.sha, pull.head.sha, `Merge pull request #${number}`);
      repository.refs.set(`refs/heads/${pull.base.branch}`, commit);
      Object.assign(pull, { state: 'closed', merged: true });
      return commit;
    },
  };

  function merged(pull: Pull, commit: string): boolean {
    return pull.merged && (repository.commits.get(commit)?.parents.includes(pull.head.sha) ?? false);
  }
}
