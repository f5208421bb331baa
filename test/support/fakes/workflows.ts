import { isDeepStrictEqual } from 'node:util';
import { Conflict, InvalidToken } from '../../../core/errors.ts';
import type { Workflows } from '../../../core/ports.ts';

interface FakeExecution {
  workflow: string;
  name: string;
  input: unknown;
  status: 'running' | 'succeeded' | 'failed' | 'stopped';
}

export interface FakeWorkflows extends Workflows {
  executions: FakeExecution[];
  /** Answers by token, in order. */
  answers: { token: string; output?: unknown; error?: string; cause?: string }[];
}

export function fakeWorkflows(): FakeWorkflows {
  const executions: FakeExecution[] = [];
  const answers: FakeWorkflows['answers'] = [];
  const find = (workflow: string, name: string) =>
    executions.find((one) => one.workflow === workflow && one.name === name);

  function answer(given: FakeWorkflows['answers'][number]): void {
    if (answers.some((one) => one.token === given.token)) {
      throw new InvalidToken(`the token ${given.token} was answered already`);
    }
    answers.push(given);
  }

  return {
    executions,
    answers,
    async start(workflow, name, input) {
      const known = find(workflow, name);
      if (!known) {
        executions.push({ workflow, name, input: structuredClone(input), status: 'running' });
        return 'started';
      }
      if (isDeepStrictEqual(known.input, input)) return 'exists';
      throw new Conflict(`${workflow} ${name} was started with another input`);
    },
    async succeed(token, output) {
      answer({ token, output });
    },
    async fail(token, error, cause) {
      answer({ token, error, cause });
    },
    async stop(workflow, name) {
      const known = find(workflow, name);
      if (known?.status === 'running') known.status = 'stopped';
    },
    status: async (workflow, name) => find(workflow, name)?.status ?? null,
  };
}
