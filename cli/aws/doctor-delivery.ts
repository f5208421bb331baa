import { createHmac, randomUUID } from 'node:crypto';
import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { BUS, logGroupName } from '../../infra/names.ts';
import type { Finding } from '../findings.ts';
import { type OperatorClients, reasonOf } from './clients.ts';
import type { DoctorTools } from './doctor-tools.ts';
import { findLine } from './logs.ts';

const ROUTER = 'cairn-RouteRequest';
/** For the rule, the queue, a cold start, and CloudWatch to show the line. */
const WITHIN_MS = 180_000;
const LOOK_EVERY_MS = 5000;

export interface DeliveryProps {
  clients: OperatorClients;
  tools: DoctorTools;
  webhookUrl: string;
  webhookSecret: string | null;
}

/** From the internet to a function, and from the bus through a queue to another. */
export async function checkDelivery(props: DeliveryProps): Promise<Finding[]> {
  const unsigned = await checkUnsigned(props.webhookUrl);
  const signed = props.webhookSecret === null ? [] : [await checkSigned(props, props.webhookSecret)];
  return [unsigned, ...signed, await checkBus(props)];
}

async function checkUnsigned(url: string): Promise<Finding> {
  const name = 'webhook: unsigned';
  const status = await post(url, '{}', {});
  if (status === 401) return { name, status: 'ok', message: 'refused, as it should be' };
  if (typeof status === 'string') {
    const help = 'The address comes from the stack CairnPipeline: is the HTTP API still there?';
    return { name, status: 'fail', message: `${url}: ${status}`, help };
  }
  const help =
    'The log of the function cairn-Webhook (/aws/lambda/cairn-Webhook) says why; 5xx without a line there: /aws/apigateway/cairn.';
  return { name, status: 'fail', message: `An unsigned delivery got ${status} instead of 401.`, help };
}

/** A ping asks for nothing; that it is understood proves the function, its image, its secret and KMS. */
async function checkSigned({ webhookUrl }: DeliveryProps, secret: string): Promise<Finding> {
  const name = 'webhook: signed';
  const body = JSON.stringify({ zen: 'cairn doctor' });
  const signature = createHmac('sha256', secret).update(body).digest('hex');
  const status = await post(webhookUrl, body, {
    'x-hub-signature-256': `sha256=${signature}`,
    'x-github-event': 'ping',
    'x-github-delivery': randomUUID(),
  });
  if (status === 202) return { name, status: 'ok', message: 'taken' };
  const help =
    status === 401
      ? 'The function reads its secret anew every five minutes: wait that long after a change.'
      : 'The log of the function cairn-Webhook (/aws/lambda/cairn-Webhook) says why.';
  return { name, status: 'fail', message: `A ping that was signed well got ${status}.`, help };
}

/**
 * An event of a repository that nobody watches: it goes over the bus, by a rule, into the queue, and to the
 * function, which turns it down and says so in its log.
 */
async function checkBus({ clients, tools }: DeliveryProps): Promise<Finding> {
  const name = 'bus';
  const since = tools.now() - 60_000;
  try {
    const id = await putEvent(clients);
    for (let waited = 0; waited < WITHIN_MS; waited += LOOK_EVERY_MS) {
      const line = await findLine(clients, logGroupName(ROUTER), since, id);
      if (line) {
        return { name, status: 'ok', message: 'EventBridge -> SQS -> Lambda: an event arrived' };
      }
      await tools.pause(LOOK_EVERY_MS);
    }
    const help = `Look whether the rules cairn-requests and cairn-actions are enabled, whether messages wait in the queue cairn-requests, and at the log of ${ROUTER}.`;
    return {
      name,
      status: 'fail',
      message: `An event (${id}) did not arrive within ${WITHIN_MS / 60_000} minutes.`,
      help,
    };
  } catch (error) {
    const help = 'You need events:PutEvents and logs:FilterLogEvents for this.';
    return { name, status: 'fail', message: reasonOf(error), help };
  }
}

async function putEvent({ events }: OperatorClients): Promise<string> {
  const detail = { command: 'deploy', run_id: 1, environment: 'none' };
  const { Entries = [] } = await events.send(
    new PutEventsCommand({
      Entries: [
        {
          EventBusName: BUS,
          Source: 'cairn.actions',
          DetailType: 'deploy:cairn/doctor:none',
          Detail: JSON.stringify(detail),
        },
      ],
    }),
  );
  const [entry] = Entries;
  if (entry?.EventId) return entry.EventId;
  throw new Error(`${entry?.ErrorCode}: ${entry?.ErrorMessage}`);
}

async function post(url: string, body: string, headers: Record<string, string>): Promise<number | string> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'cairn-doctor', ...headers },
      body,
      redirect: 'error',
      signal: AbortSignal.timeout(40_000),
    });
    return response.status;
  } catch (error) {
    const cause = (error as Error).cause ?? error;
    return (cause as Error).message;
  }
}
