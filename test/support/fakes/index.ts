import { parse } from '@cdktf/hcl2json';
import { packSource, readSource } from '../../../adapters/archive.ts';
import { InvalidInput } from '../../../core/errors.ts';
import type { Hcl, Ports } from '../../../core/ports.ts';
import { type FakeClock, fakeClock } from './clock.ts';
import { type MemorySchedules, memoryEphemerals, memorySchedules } from './ephemerals.ts';
import { type MemoryPulls, memoryPulls } from './pulls.ts';
import { type MemoryRepository, memoryRepository } from './repository.ts';
import {
  type FakeJobs,
  type FakeRedelivery,
  fakeJobs,
  fakePeople,
  fakeRedelivery,
  type RecordedChat,
  type RecordedIssues,
  type RecordedReports,
  recordedChat,
  recordedIssues,
  recordedReports,
} from './sinks.ts';
import {
  type MemoryRuns,
  memoryApprovals,
  memoryArtifacts,
  memoryKeys,
  memoryLocks,
  memoryRuns,
  memorySent,
} from './stores.ts';
import { type FakeWorkflows, fakeWorkflows } from './workflows.ts';

/** Ports in memory, with what was recorded in them and what a test changes them by. */
export interface MemoryPorts extends Ports {
  clock: FakeClock;
  repository: MemoryRepository;
  pulls: MemoryPulls;
  reports: RecordedReports;
  chat: RecordedChat;
  workflows: FakeWorkflows;
  jobs: FakeJobs;
  schedules: MemorySchedules;
  issues: RecordedIssues;
  redelivery: FakeRedelivery;
  emitted: MemoryRuns['emitted'];
}

/** All ports over one repository in memory; `overrides` replace single ones. */
export function memoryPorts(overrides: Partial<MemoryPorts> = {}): MemoryPorts {
  const repository = overrides.repository ?? memoryRepository();
  return {
    clock: fakeClock(),
    artifacts: memoryArtifacts(),
    ...memoryRuns(),
    locks: memoryLocks(),
    approvals: memoryApprovals(),
    workflows: fakeWorkflows(),
    jobs: fakeJobs(),
    repository,
    source: repository.source,
    git: repository.git,
    pulls: memoryPulls(repository),
    reports: recordedReports(),
    people: fakePeople(),
    sent: memorySent(),
    schedules: memorySchedules(),
    ephemerals: memoryEphemerals(),
    issues: recordedIssues(),
    redelivery: fakeRedelivery(),
    chat: recordedChat(),
    keys: memoryKeys('master key of a test'),
    hcl: wasmHcl,
    archives: { pack: async (tarball) => (await packSource(tarball)).archive, read: readSource },
    links: {
      run: (runId) => `http://cairn.test/runs/${runId}`,
      job: (runId, jobId) => `http://cairn.test/runs/${runId}/jobs/${jobId}`,
      output: (runId) => `http://cairn.test/runs/${runId}/output.txt`,
    },
    binaries: ['terraform 1.11.4'],
    isolated: true,
    sizes: null,
    ephemeralHosts: null,
    trace: null,
    ...overrides,
  };
}

const wasmHcl: Hcl = async (path, text) => {
  if (path.endsWith('.json')) return JSON.parse(text) as Record<string, unknown>;
  try {
    return (await parse(path, text)) as Record<string, unknown>;
  } catch (error) {
    throw new InvalidInput(`${path}: ${(error as Error).message}`, { cause: error });
  }
};
