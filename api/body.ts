/** Thrown for a body over the limit; the rest of it is not read. */
export class BodyTooLarge extends Error {
  readonly limit: number;

  constructor(limit: number) {
    super(`The body is larger than ${limit} bytes.`);
    this.name = 'BodyTooLarge';
    this.limit = limit;
  }
}

/** A request's body as text, at most `limit` bytes; bytes that are no UTF-8 come out changed. */
export async function readBody(request: Request, limit: number): Promise<string> {
  // What the sender says saves reading it; what it really sends is counted all the same.
  if (Number(request.headers.get('content-length') ?? 0) > limit) throw new BodyTooLarge(limit);
  if (!request.body) return '';

  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = request.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.byteLength;
    if (size > limit) {
      await reader.cancel();
      throw new BodyTooLarge(limit);
    }
    chunks.push(value);
  }
  // A byte order mark is kept: the signature is of the bytes as they were sent.
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(Buffer.concat(chunks));
}
