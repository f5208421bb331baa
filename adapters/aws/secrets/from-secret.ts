import type { z } from 'zod';
import { ForgeRefused, Misconfigured } from '../../../core/errors.ts';
import type { Secrets } from './secrets.ts';

/**
 * Something made of credentials that stand in a secret: made again when the secret was changed. A refusal by
 * whoever they are for may mean just that, so the secret is read again before it is believed.
 */
interface FromSecret<T> {
  use<R>(call: (made: T) => Promise<R>): Promise<R>;
}

export function fromSecret<C, T>(options: {
  secrets: Secrets;
  reference: string;
  /** Shape of the secret's JSON. */
  schema: z.ZodType<C>;
  make: (credentials: C) => Promise<T>;
}): FromSecret<T> {
  const { secrets, reference, schema, make } = options;
  let known: { text: string; made: Promise<T> } | null = null;

  async function current(): Promise<{ text: string; made: Promise<T> }> {
    const text = await secrets.get(reference);
    if (known?.text !== text) known = { text, made: make(parse(reference, text, schema)) };
    return known;
  }

  return {
    async use(call) {
      const first = await current();
      try {
        return await call(await first.made);
      } catch (error) {
        if (!(error instanceof ForgeRefused)) throw error;
        secrets.forget(reference);
        const second = await current();
        if (second.text === first.text) throw error;
        return call(await second.made);
      }
    },
  };
}

/** Throws Misconfigured without a word of what the secret holds. */
export function parse<C>(reference: string, text: string, schema: z.ZodType<C>): C {
  const found = schema.safeParse(jsonOf(text));
  if (found.success) return found.data;
  const keys = found.error.issues.map(({ path }) => path.join('.')).filter((key) => key !== '');
  const what = keys.length > 0 ? `lacks ${keys.join(', ')}` : 'is not the JSON that is expected';
  throw new Misconfigured(
    `The secret ${reference} ${what}: put it there with "aws secretsmanager put-secret-value".`,
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message quotes the text.
    return null;
  }
}
