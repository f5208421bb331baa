import { z } from 'zod';
import type { Chat } from '../../../core/ports.ts';
import { callsOf } from '../lazy-port.ts';
import { fromSecret, parse } from './from-secret.ts';
import type { Secrets } from './secrets.ts';

/** `signingSecret`: what Slack signs clicks with; without it there are no buttons. */
const bot = z.object({ botToken: z.string().min(1), signingSecret: z.string().optional() });
const app = bot.pick({ signingSecret: true });

/** Slack as the bot whose token stands in a secret. */
export function chatOfSecret(options: { secrets: Secrets; reference: string; apiUrl?: string }): Chat {
  const { secrets, reference, apiUrl } = options;
  const slack = fromSecret({
    secrets,
    reference,
    schema: bot,
    make: async ({ botToken, signingSecret }) => {
      const { slackChat } = await import('../../slack/chat.ts');
      const buttons = (signingSecret ?? '') !== '';
      return slackChat({ token: botToken, buttons, ...(apiUrl === undefined ? {} : { apiUrl }) });
    },
  });
  return callsOf<Chat>({ post: true, edit: true, respond: true, hasButtons: true }, (call) =>
    slack.use(call),
  );
}

/** What Slack signs with when somebody presses a button; null as long as the secret does not say. */
export async function signingOfSecret({
  secrets,
  reference,
}: {
  secrets: Secrets;
  reference: string;
}): Promise<string | null> {
  const { signingSecret } = parse(reference, await secrets.get(reference), app);
  return signingSecret || null;
}
