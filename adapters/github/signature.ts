import { Webhooks } from '@octokit/webhooks';
import { InvalidInput } from '../../core/errors.ts';

/** A shorter secret can be guessed: without a longer one nothing starts. */
const SHORTEST_SECRET = 32;

export type Verify = (body: Uint8Array, header: string | null | undefined) => Promise<boolean>;

/**
 * Tells whether a raw body was signed with the secret. `X-Hub-Signature-256` alone counts (GitHub sends a
 * SHA-1 beside it); the comparison takes constant time, and what was computed gets into no error and no log.
 */
export function signatureVerifier(secret: string): Verify {
  if (secret.length < SHORTEST_SECRET) {
    throw new InvalidInput(
      `the webhook secret has ${secret.length} characters: it needs at least ${SHORTEST_SECRET}, such as \`openssl rand -hex 32\` prints`,
    );
  }
  const webhooks = new Webhooks({ secret });
  return async (body, header) => {
    if (!header || !/^sha256=[0-9a-f]{64}$/.test(header)) return false;
    const text = asText(body);
    // An empty body is signed by nobody; GitHub's payloads are UTF-8, so other bytes were not signed as such.
    return text !== null && text !== '' && webhooks.verify(text, header);
  };
}

function asText(body: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    return null;
  }
}
