import { NotFound } from '../../../core/errors.ts';
import type {
  Chat,
  ChatMessage,
  Check,
  FailedDelivery,
  Issue,
  Issues,
  Jobs,
  People,
  Redelivery,
  Reports,
} from '../../../core/ports.ts';

export interface RecordedReports extends Reports {
  comments: Map<string, { pull: number; body: string }>;
  checks: Map<string, Check>;
  deployments: Map<
    string,
    { commit: string; environment: string; description: string; runId: string; statuses: string[] }
  >;
  reactions: { comment: string; reaction: string }[];
  /** Names of the calls in order. */
  calls: string[];
}

export function recordedReports(): RecordedReports {
  const comments: RecordedReports['comments'] = new Map();
  const checks: RecordedReports['checks'] = new Map();
  const deployments: RecordedReports['deployments'] = new Map();
  const reactions: RecordedReports['reactions'] = [];
  const calls: string[] = [];
  let ids = 100;
  const nextId = () => String(++ids);

  return {
    comments,
    checks,
    deployments,
    reactions,
    calls,
    async createComment(_, pull, body) {
      calls.push('createComment');
      // One with a marker is one per pull request: repeated, it is found again.
      const marker = /^<!-- cairn:[^\n]* -->/.exec(body)?.[0];
      const mine = [...comments].find(
        ([, one]) => marker !== undefined && one.pull === pull && one.body.startsWith(marker),
      );
      if (mine) {
        mine[1].body = body;
        return mine[0];
      }
      const id = nextId();
      comments.set(id, { pull, body });
      return id;
    },
    async editComment(_, id, body) {
      calls.push('editComment');
      const comment = comments.get(id);
      if (!comment) throw new NotFound(`there is no comment ${id}`);
      comment.body = body;
    },
    async check(_, check, id) {
      calls.push('check');
      const mine = [...checks].find(
        ([, one]) =>
          one.name === check.name && one.commit === check.commit && one.externalId === check.externalId,
      );
      const key = id ?? mine?.[0] ?? nextId();
      checks.set(key, check);
      return key;
    },
    async createDeployment(_, deployment) {
      calls.push('createDeployment');
      const known = [...deployments].find(([, one]) => one.runId === deployment.runId);
      if (known) return known[0];
      const id = nextId();
      deployments.set(id, { ...deployment, statuses: [] });
      return id;
    },
    async deploymentStatus(_, id, status) {
      calls.push('deploymentStatus');
      deployments.get(id)?.statuses.push(status.state);
    },
    async react(_, comment, reaction) {
      calls.push('react');
      reactions.push({ comment, reaction });
    },
  };
}

export interface RecordedChat extends Chat {
  messages: Map<string, { channel: string; thread: string | null; message: ChatMessage }>;
  /** Answers to clicks. */
  answers: { address: string; text: string }[];
  /** Whether there are buttons. */
  buttons: boolean;
}

export function recordedChat(): RecordedChat {
  const messages: RecordedChat['messages'] = new Map();
  const answers: RecordedChat['answers'] = [];
  return {
    messages,
    answers,
    buttons: false,
    async respond(address, text) {
      answers.push({ address, text });
    },
    async hasButtons() {
      return this.buttons;
    },
    async post(channel, message, thread) {
      const id = `${channel}:${messages.size + 1}`;
      messages.set(id, { channel, thread, message });
      return id;
    },
    async edit(id, message) {
      const known = messages.get(id);
      if (!known) throw new NotFound(`there is no message ${id}`);
      known.message = message;
    },
  };
}

/** `permissions` by login; a token is `token of LOGIN`. */
export function fakePeople(
  permissions: Record<string, 'admin' | 'write' | 'read'> = { alice: 'write', bob: 'write' },
): People {
  return {
    whoIs: async (token) => (token.startsWith('token of ') ? token.slice('token of '.length) : null),
    permission: async (_, login) => permissions[login] ?? 'none',
    workflowRun: async () => null,
  };
}

export interface FakeJobs extends Jobs {
  /** Jobs that run, by run id. */
  running: Map<string, string[]>;
  stopped: { runId: string; reason: string }[];
  logs: Map<string, string>;
}

export function fakeJobs(): FakeJobs {
  const running: FakeJobs['running'] = new Map();
  const stopped: FakeJobs['stopped'] = [];
  const logs: FakeJobs['logs'] = new Map();
  return {
    running,
    stopped,
    logs,
    active: async (runId) => [...(running.get(runId) ?? [])],
    async stop(runId, reason) {
      stopped.push({ runId, reason });
    },
    log: async (jobId, offset) =>
      Buffer.from(logs.get(jobId) ?? '')
        .subarray(offset)
        .toString(),
  };
}

export interface RecordedIssues extends Issues {
  /** Every issue, in the order they were opened. */
  issues: (Issue & { title: string; body: string })[];
}

export function recordedIssues(): RecordedIssues {
  const issues: RecordedIssues['issues'] = [];
  const find = (number: number) => {
    const found = issues.find((issue) => issue.number === number);
    if (!found) throw new NotFound(`there is no issue ${number}`);
    return found;
  };
  return {
    issues,
    async open(_repository, { title, body }) {
      const number = issues.length + 1001;
      const issue = {
        number,
        url: `http://forge.test/issues/${number}`,
        state: 'open' as const,
        title,
        body,
      };
      issues.push(issue);
      return issue;
    },
    get: async (_repository, number) => ({ ...find(number) }),
    async edit(_repository, number, change) {
      Object.assign(find(number), change);
    },
  };
}

export interface FakeRedelivery extends Redelivery {
  missed: FailedDelivery[];
  /** Ids that were asked for again. */
  asked: string[];
}

export function fakeRedelivery(): FakeRedelivery {
  const missed: FailedDelivery[] = [];
  const asked: string[] = [];
  return {
    missed,
    asked,
    failed: async (_repository, since) => missed.filter(({ at }) => new Date(at) >= since),
    async again(_repository, id) {
      asked.push(id);
    },
  };
}
