import { InvalidInput } from '../core/errors.ts';

/** Files being written on one machine stand below this name; nothing else may. */
export const TEMPORARY = '.tmp';

/** Throws InvalidInput for a key that could leave the folder or that S3 and a file system read differently. */
export function validKey(key: string): string {
  const parts = key.split('/');
  const bad =
    key === '' ||
    Buffer.byteLength(key) > 900 ||
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
    /[\x00-\x1f\x7f\\]/.test(key) ||
    parts.some((part) => part === '' || part === '.' || part === '..' || Buffer.byteLength(part) > 255) ||
    parts[0] === TEMPORARY;
  if (!bad) return key;

  throw new InvalidInput(
    `artifact key ${JSON.stringify(key.slice(0, 200))} is not valid: write names of at most 255 bytes with "/" between them, without "." or "..", at most 900 bytes in all`,
  );
}
