import { afterEach, beforeEach } from 'vitest';
import type { Run, WorkflowName } from '../../core/requests/run.ts';
import type { RunDocument } from '../../core/runs/document.ts';
import { type TestHost, testHost } from '../api/host.ts';
import { aRunOf } from '../api/story-commands.ts';
import { listen, type Program, program } from './program.ts';

/** The command, and the host that it talks to: both new for each test. */
interface Talk {
  host: TestHost;
  /** Where the host listens. */
  url: string;
  cairn: Program;
  /** Whatever is asked for is noted, and answered so. */
  answers(answer: Record<string, unknown>): void;
  /** What is asked for becomes this run, which has ended already. */
  becomes(workflow: WorkflowName, parts: Partial<RunDocument>, more?: Partial<Run>): Promise<void>;
  /** A run that is under way ends so. */
  ends(runId: string, state: Run['state'], title: string): Promise<void>;
}

export function talk(): Talk {
  const on = {
    answers(answer) {
      on.host.request = async (request) => {
        on.host.asked.push(request);
        return answer;
      };
    },
    async becomes(workflow, parts, more = {}) {
      const id = await aRunOf(on.host.ports, workflow, parts, more);
      on.answers({ started: [id] });
    },
    async ends(runId, state, title) {
      const event = {
        id: 'end',
        runId,
        at: '2026-01-01T00:00:00Z',
        kind: 'run.ended' as const,
        message: title,
      };
      await on.host.ports.status.emit({ ...event, doc: null, run: { state, title } });
    },
  } as Talk;
  let close: () => Promise<void>;

  beforeEach(async () => {
    on.host = testHost();
    const server = await listen(on.host);
    on.url = server.url;
    on.cairn = await program(on.url);
    close = server.close;
  });
  afterEach(async () => {
    await on.cairn.close();
    await close();
  });
  return on;
}
