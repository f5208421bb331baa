import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** Constant time, whatever the lengths. */
export function sameSecret(a: string, b: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(a), hash(b));
}

export function hmac(key: string, text: string): string {
  return createHmac('sha256', key).update(text).digest('base64url');
}

export function hexHmac(key: string, text: string): string {
  return createHmac('sha256', key).update(text).digest('hex');
}
