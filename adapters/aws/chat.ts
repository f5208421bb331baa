import { z } from 'zod';
import type { Chat } from '../../core/ports.ts';
import { fromSecret } from './from-secret.ts';
import { callsOf } from './lazy-port.ts';
import type { Secrets } from './secrets.ts';

const bot = z.object({ botToken: z.string().min(1) });

/** Slack as the bot whose token stands in a secret. */
export function chatOfSecret(options: { secrets: Secrets; reference: string; apiUrl?: string }): Chat {
  const { secrets, reference, apiUrl } = options;
  const slack = fromSecret({
    secrets,
    reference,
    schema: bot,
    make: async ({ botToken }) => {
      const { slackChat } = await import('../slack/chat.ts');
      return slackChat({ token: botToken, ...(apiUrl === undefined ? {} : { apiUrl }) });
    },
  });
  return callsOf<Chat>({ post: true, edit: true }, (call) => slack.use(call));
}
