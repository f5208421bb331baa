import { configAt } from '../config/load-config.ts';
import { CairnError } from '../errors.ts';
import type { Ports } from '../ports.ts';
import { plainMessage } from '../reports/slack/message.ts';
import { type Request, requestKey } from './request.ts';

/**
 * Says in the repository's channel what a request did that needs no run. Once. What is done is done also where Slack
 * cannot be told: answers why then, as a sentence.
 */
export async function sayInChannel(
  request: Request,
  message: string,
  ports: Pick<Ports, 'chat' | 'sent' | 'source'>,
): Promise<string | null> {
  const { chat } = ports;
  if (!chat) return null;
  const key = `channel/${requestKey(request)}`;
  try {
    if (await ports.sent.get(key)) return null;
    const main = await ports.source.defaultBranch(request.repository);
    const channel = (await configAt(ports, request.repository, main))?.notifications.slack?.channel;
    if (channel === undefined) return null;
    const id = await chat.post(channel, plainMessage(`${request.repository}: ${message}`), null);
    await ports.sent.put(key, { id, order: 0 });
    return null;
  } catch (error) {
    if (!(error instanceof CairnError)) throw error;
    return `Slack was not told: ${error.message}`;
  }
}
