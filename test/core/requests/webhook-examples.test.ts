import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { requestSchema } from '../../../core/requests/request.ts';
import { requestFromWebhook } from '../../../core/requests/webhook.ts';

interface Definition {
  name: string;
  examples: { action?: string }[];
}

// GitHub's own payloads, hundreds of them, of every event there is.
const definitions = createRequire(import.meta.url)(
  '@octokit/webhooks-examples/api.github.com/index.json',
) as Definition[];
const deliveries = definitions.flatMap(({ name, examples }) =>
  examples.map((payload, index) => ({ name, index, payload, deliveryId: `${name}-${index}` })),
);

test('every payload of GitHub asks for something that fits its schema, or says why it does not', () => {
  const answers = deliveries.map(({ name, payload, deliveryId }) =>
    requestFromWebhook({ event: name, deliveryId, payload }, { self: 'cairn[bot]' }),
  );

  expect(answers.length).toBeGreaterThan(200);
  for (const answer of answers) {
    if (Array.isArray(answer)) {
      expect(answer.length).toBeGreaterThan(0);
      for (const request of answer) expect(requestSchema.safeParse(request).error).toBeUndefined();
    } else expect(answer.ignored).toMatch(/\S{3}/);
  }
});

test('these payloads ask for something, and no others', () => {
  const asking = deliveries.flatMap(({ name, index, payload, deliveryId }) => {
    const answer = requestFromWebhook({ event: name, deliveryId, payload }, { self: null });
    return Array.isArray(answer)
      ? [`${name}.${payload.action ?? ''}[${index}]: ${answer.map((row) => row.command)}`]
      : [];
  });

  expect(asking).toMatchInlineSnapshot(`
    [
      "pull_request.opened[0]: plan",
      "pull_request.closed[3]: closed",
      "pull_request.closed[4]: closed",
      "pull_request.opened[12]: plan",
      "pull_request.opened[13]: plan",
      "pull_request.opened[14]: plan",
      "pull_request.ready_for_review[15]: plan",
      "pull_request.ready_for_review[16]: plan",
      "pull_request.ready_for_review[17]: plan",
      "pull_request.reopened[18]: plan",
      "pull_request.reopened[19]: plan",
      "pull_request.synchronize[22]: plan",
      "push.[4]: push",
      "push.[5]: push",
    ]
  `);
});

test('why pushes, pull requests and comments among them are ignored', () => {
  const reasons = deliveries.flatMap(({ name, index, payload, deliveryId }) => {
    if (!['push', 'pull_request', 'issue_comment', 'ping'].includes(name)) return [];
    const answer = requestFromWebhook({ event: name, deliveryId, payload }, { self: null });
    return Array.isArray(answer) ? [] : [`${name}.${payload.action ?? ''}[${index}]: ${answer.ignored}`];
  });

  expect(reasons).toMatchInlineSnapshot(`
    [
      "issue_comment.created[0]: a comment on an issue: commands are given on pull requests",
      "issue_comment.created[1]: a comment on an issue: commands are given on pull requests",
      "issue_comment.created[2]: a comment on an issue: commands are given on pull requests",
      "issue_comment.created[3]: a comment on an issue: commands are given on pull requests",
      "issue_comment.created[4]: a comment on an issue: commands are given on pull requests",
      "issue_comment.deleted[5]: issue_comment deleted: only new comments are commands",
      "issue_comment.deleted[6]: issue_comment deleted: only new comments are commands",
      "issue_comment.edited[7]: issue_comment edited: only new comments are commands",
      "issue_comment.edited[8]: issue_comment edited: only new comments are commands",
      "ping.[0]: a ping: the webhook is set up",
      "ping.[1]: a ping: the webhook is set up",
      "ping.[2]: a ping: the webhook is set up",
      "ping.[3]: a ping: the webhook is set up",
      "pull_request.assigned[1]: pull_request assigned asks for nothing",
      "pull_request.assigned[2]: pull_request assigned asks for nothing",
      "pull_request.converted_to_draft[5]: pull_request converted_to_draft asks for nothing",
      "pull_request.converted_to_draft[6]: pull_request converted_to_draft asks for nothing",
      "pull_request.converted_to_draft[7]: pull_request converted_to_draft asks for nothing",
      "pull_request.labeled[8]: pull_request labeled asks for nothing",
      "pull_request.labeled[9]: pull_request labeled asks for nothing",
      "pull_request.locked[10]: pull_request locked asks for nothing",
      "pull_request.locked[11]: pull_request locked asks for nothing",
      "pull_request.review_request_removed[20]: pull_request review_request_removed asks for nothing",
      "pull_request.review_requested[21]: pull_request review_requested asks for nothing",
      "pull_request.unassigned[23]: pull_request unassigned asks for nothing",
      "pull_request.unassigned[24]: pull_request unassigned asks for nothing",
      "pull_request.unlabeled[25]: pull_request unlabeled asks for nothing",
      "pull_request.unlabeled[26]: pull_request unlabeled asks for nothing",
      "pull_request.unlocked[27]: pull_request unlocked asks for nothing",
      "pull_request.unlocked[28]: pull_request unlocked asks for nothing",
      "push.[0]: a push of a tag, or of no branch, starts nothing",
      "push.[1]: a push of a tag, or of no branch, starts nothing",
      "push.[2]: a push of a tag, or of no branch, starts nothing",
      "push.[3]: a push of a tag, or of no branch, starts nothing",
      "push.[6]: a push of a tag, or of no branch, starts nothing",
    ]
  `);
});
