import type { Resource } from '../../support/aws/template.ts';

export type Json = Record<string, unknown>;

export function ofType(resources: readonly Resource[], ...types: string[]): Resource[] {
  return resources.filter(({ type }) => types.includes(type));
}

export function nameOf({ stack, id }: Resource): string {
  return `${stack}/${id}`;
}

export function list(value: unknown): unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

/** A value somewhere below, by its keys; undefined if there is none. */
export function at(value: unknown, ...keys: (string | number)[]): unknown {
  return keys.reduce<unknown>((inner, key) => (inner as Json | undefined)?.[key], value);
}

export interface Statement {
  Effect: string;
  Action?: string | string[];
  Principal?: unknown;
  Condition?: Json;
  Resource?: unknown;
}

/** Every policy document in a resource, wherever it stands. */
export function statementsOf({ properties }: Resource): Statement[] {
  const found: Statement[] = [];
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(walk);
    else if (value !== null && typeof value === 'object') {
      const statements = (value as Json)['Statement'];
      if (statements !== undefined) found.push(...(list(statements) as Statement[]));
      else Object.values(value).forEach(walk);
    }
  };
  walk(properties);
  return found;
}
