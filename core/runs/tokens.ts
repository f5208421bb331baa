import { InvalidToken } from '../errors.ts';

/** A token answers once; an answer that comes late or twice has nothing left to do. */
export async function ignoreInvalidToken(answer: Promise<void>): Promise<void> {
  try {
    await answer;
  } catch (error) {
    if (!(error instanceof InvalidToken)) throw error;
  }
}
