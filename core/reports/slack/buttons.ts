import { z } from 'zod';
import { environmentName, repositoryName } from '../../requests/request.ts';
import { clipped } from '../text.ts';

/** Block Kit's limits, in characters: a button's value, a dialog's text, a dialog's title and its buttons. */
const VALUE = 2_000;
const CONFIRM = 300;
const TITLE = 100;
const LABEL = 30;

/** What a click on one of Cairn's buttons asks for. */
export const BUTTONS = ['cairn:approve', 'cairn:reject', 'cairn:extend', 'cairn:end'] as const;
type ButtonName = (typeof BUTTONS)[number];

/** How much later `extend` puts the end. */
export const EXTEND_BY = '4h';

/** What a button carries; whoever clicks it brings it back, signed by Slack. */
const value = z.object({
  repository: repositoryName,
  environment: environmentName,
  /** Of the plan that is shown; only for an answer to it. */
  digest: z
    .string()
    .regex(/^[0-9a-f]{7,64}$/)
    .optional(),
  /** The run whose page says more. */
  run: z
    .string()
    .regex(/^[0-9a-zA-Z_-]{1,100}$/)
    .optional(),
});
export type ButtonValue = z.infer<typeof value>;

/** Null for a value that is not one of ours. */
export function readButtonValue(text: string): ButtonValue | null {
  if (text.length > VALUE) return null;
  try {
    return value.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** Approve and reject, below a deploy that waits for it. */
export function approvalButtons(of: ButtonValue & { digest: string }): unknown {
  const { environment, digest } = of;
  const plan = `plan ${digest.slice(0, 7)} for ${environment}`;
  return actions('cairn-approval', [
    button('cairn:approve', 'Approve', of, {
      style: 'primary',
      confirm: dialog('Approve this plan?', `What ${plan} says is applied.`, 'Approve', 'primary'),
    }),
    button('cairn:reject', 'Reject', of, {
      style: 'danger',
      confirm: dialog(
        'Reject this plan?',
        `The deploy with ${plan} ends, and nothing of it is applied.`,
        'Reject',
        'danger',
      ),
    }),
  ]);
}

/** Below what is said of an ephemeral environment that stands. */
export function environmentButtons(of: Omit<ButtonValue, 'digest'>): unknown {
  const { environment } = of;
  return actions('cairn-environment', [
    button('cairn:extend', `Extend by ${EXTEND_BY}`, of, {
      confirm: dialog('Extend it?', `${environment} ends ${EXTEND_BY} later.`, 'Extend', 'primary'),
    }),
    button('cairn:end', 'End now', of, {
      style: 'danger',
      confirm: dialog(
        'End it now?',
        `${environment} and all that is in it is destroyed.`,
        'Destroy',
        'danger',
      ),
    }),
  ]);
}

function actions(id: string, elements: unknown[]): unknown {
  return { type: 'actions', block_id: id, elements };
}

function button(id: ButtonName, label: string, of: ButtonValue, more: Record<string, unknown>): unknown {
  return {
    type: 'button',
    action_id: id,
    text: { type: 'plain_text', text: clipped(label, LABEL), emoji: false },
    value: JSON.stringify(of),
    ...more,
  };
}

function dialog(title: string, text: string, confirm: string, style: 'primary' | 'danger'): unknown {
  return {
    title: { type: 'plain_text', text: clipped(title, TITLE) },
    text: { type: 'plain_text', text: clipped(text, CONFIRM) },
    confirm: { type: 'plain_text', text: clipped(confirm, LABEL) },
    deny: { type: 'plain_text', text: 'Cancel' },
    style,
  };
}
