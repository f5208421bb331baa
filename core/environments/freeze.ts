import type { Ports } from '../ports.ts';
import { readFreeze } from '../record/read.ts';
import { isOperator, type Request } from '../requests/request.ts';
import type { Freeze, RunDocument } from '../runs/document.ts';

/** The freeze that is in force now; null if there is none, or its time has passed. */
export async function freezeOf(
  ports: Pick<Ports, 'git' | 'source' | 'clock'>,
  repository: string,
  environment: string,
): Promise<Freeze | null> {
  const freeze = await readFreeze(ports, repository, environment);
  return freeze && inForce(freeze, ports.clock.now()) ? freeze : null;
}

/** It ends by its time, also where nobody was there to end it: a schedule may be late. */
export function inForce(freeze: Freeze, now: Date): boolean {
  return freeze.until === null || now.getTime() < Date.parse(freeze.until);
}

/** `prod is frozen by alice until 2026-01-03 00:00 UTC: release week` */
export function frozenSentence(environment: string, { by, reason, until }: Freeze): string {
  return `${environment} is frozen by ${by}${until === null ? '' : ` until ${minutes(until)}`}: ${reason}`;
}

/** `2026-01-03 00:00 UTC` */
export function minutes(iso: string): string {
  return `${iso.slice(0, 16).replace('T', ' ')} UTC`;
}

/**
 * Break-glass is for those whom the environment's approvers name: a list that names nobody lets nobody through, since
 * whoever has write access could else lift any freeze for themselves without a word. Null: this login may.
 */
export function breakGlassRefusal(
  environment: string,
  origin: Request['origin'],
  approvers: string[],
): string | null {
  // Elsewhere than with the server's own token `operator` is a login that anybody could take.
  const login = origin.login === 'operator' && !isOperator(origin) ? null : origin.login;
  if (login !== null && approvers.some((name) => name.toLowerCase() === login.toLowerCase())) return null;
  const who =
    approvers.length > 0
      ? `only ${approvers.join(', ')} may`
      : 'nobody may, since its `approval.approvers` in cairn.yaml names nobody';
  return `@${login ?? 'nobody'} may not deploy to ${environment} despite the freeze: ${who}.`;
}

/** What a freeze means for a run that is about to change something; null: it goes ahead, in spite of it. */
export function refusalByFreeze(doc: RunDocument, freeze: Freeze, isLate: boolean): string | null {
  const { request, environment, policy } = doc;
  const frozen = frozenSentence(environment, freeze);
  if ('despiteFreeze' in request && request.despiteFreeze) {
    const refusal = breakGlassRefusal(environment, request.origin, policy.approval.approvers);
    return refusal === null ? null : `${frozen}\n${refusal}`;
  }
  const late = isLate ? `${environment} was frozen while this waited, so nothing was applied.\n` : '';
  const { approvers } = policy.approval;
  const hasGlass = (request.command === 'deploy' && !request.projects) || request.command === 'rollback';
  const glass =
    hasGlass && approvers.length > 0
      ? ` ${approvers.join(', ')} may go ahead in spite of it: /cairn ${request.command} ${environment} --despite-freeze`
      : '';
  const ofHead = request.command === 'deploy' && !request.projects;
  const then = ofHead ? 'then the head of its branch is deployed by itself' : 'then ask again';
  return `${late}${frozen}\n/cairn unfreeze ${environment} ends it; ${then}.${glass}`;
}
