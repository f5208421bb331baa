/**
 * How hosts and adapters say what they do: a static message plus fields; never bodies, secrets, signatures, tokens
 * or plan text. Core itself says nothing.
 */
export type Log = (
  level: 'info' | 'warn' | 'error',
  message: string,
  fields: Record<string, unknown>,
) => void;
