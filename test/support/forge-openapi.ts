import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Ajv, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';

interface Exchange {
  method: string;
  url: string;
  requestBody: string | null;
  status: number;
  contentType: string;
  responseBody: string;
}

/** A fetch that keeps what went over it. */
export function recordingFetch(): { fetch: typeof fetch; exchanges: Exchange[] } {
  const exchanges: Exchange[] = [];
  return {
    exchanges,
    async fetch(input, init) {
      const answer = await fetch(input, init);
      const contentType = answer.headers.get('content-type') ?? '';
      exchanges.push({
        method: init?.method ?? 'GET',
        url: String(input),
        requestBody: typeof init?.body === 'string' ? init.body : null,
        status: answer.status,
        contentType,
        responseBody: contentType.includes('json') ? await answer.clone().text() : '',
      });
      return answer;
    },
  };
}

interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required?: boolean;
  schema: { type?: string };
}

interface Operation {
  parameters?: ({ $ref: string } | Parameter)[];
  requestBody?: { required?: boolean; content: Record<string, { schema: Record<string, unknown> }> };
  responses: Record<string, { $ref?: string; content?: Record<string, { schema: unknown }> }>;
}

interface Description {
  paths: Record<string, Record<string, Operation>>;
}

export interface Contract {
  /** What of the exchange does not fit GitHub's own description; empty if all does. */
  problems(exchange: Exchange): string[];
  /** `GET /repos/{owner}/{repo}`, or null for an address that GitHub has not. */
  operation(exchange: Pick<Exchange, 'method' | 'url'>): string | null;
}

/** GitHub's OpenAPI description of api.github.com, applied to requests and responses. */
export function githubContract(): Contract {
  const require = createRequire(import.meta.url);
  const file = require.resolve('@octokit/openapi').replace(/index\.js$/, 'generated/api.github.com.json');
  const document = JSON.parse(readFileSync(file, 'utf8')) as Description;
  allowNull(document);
  const ajv = new Ajv({ strict: false, allErrors: true });
  formats.default(ajv);
  ajv.addFormat('repo.nwo', /^[^/]+\/[^/]+$/);
  ajv.addSchema({ $id: 'github', ...document }, 'github');
  const compiled = new Map<string, ValidateFunction>();
  const templates = Object.keys(document.paths)
    .map((path) => ({
      path,
      pattern: patternOf(path),
      fixed: path.split('/').filter((part) => !part.includes('{')).length,
    }))
    .sort((a, b) => b.fixed - a.fixed);

  const schemaAt = (pointer: string[]): ValidateFunction => {
    const ref = `github#/${pointer.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`;
    const known = compiled.get(ref) ?? ajv.compile({ $ref: ref });
    compiled.set(ref, known);
    return known;
  };
  const find = (exchange: Pick<Exchange, 'method' | 'url'>) => {
    const path = new URL(exchange.url).pathname.replace(/^\/api\/v3/, '');
    const method = exchange.method.toLowerCase();
    const template = templates.find(
      ({ path: at, pattern }) => pattern.test(path) && document.paths[at]?.[method],
    );
    const operation = template && document.paths[template.path]?.[method];
    return template && operation ? { template, path, method, operation } : null;
  };
  const deref = <T extends object>(value: T | { $ref: string }): { value: T; pointer: string[] | null } => {
    if (!('$ref' in value) || typeof value.$ref !== 'string') return { value: value as T, pointer: null };
    const pointer = value.$ref.slice(2).split('/');
    const found = pointer.reduce<unknown>((at, part) => (at as Record<string, unknown>)[part], document);
    return { value: found as T, pointer };
  };

  return {
    operation(exchange) {
      const found = find(exchange);
      return found ? `${exchange.method} ${found.template.path}` : null;
    },
    problems(exchange) {
      const found = find(exchange);
      if (!found) return [`${exchange.method} ${exchange.url}: GitHub has no such operation`];
      const { template, path, method, operation } = found;
      const name = `${exchange.method} ${template.path} -> ${exchange.status}`;
      const parameters = (operation.parameters ?? []).map((row) => deref<Parameter>(row).value);
      const problems = [
        ...pathProblems(template, path, parameters),
        ...queryProblems(new URL(exchange.url).searchParams, parameters),
      ];
      const json = operation.requestBody?.content['application/json'];
      if (json) {
        const pointer = [
          'paths',
          template.path,
          method,
          'requestBody',
          'content',
          'application/json',
          'schema',
        ];
        problems.push(...bodyProblems(exchange, operation, json.schema, schemaAt(pointer)));
      } else if (exchange.requestBody) problems.push('a body where GitHub takes none');

      // Not modified is HTTP's, and left out of the description for most operations.
      const response = operation.responses[`${exchange.status}`];
      if (exchange.status === 304) return problems.map((text) => `${name}: ${text}`);
      if (!response) problems.push(`GitHub never answers ${exchange.status} here`);
      const { value, pointer } = deref<{ content?: Record<string, unknown> }>(response ?? {});
      if (value.content?.['application/json']) {
        const base = pointer ?? ['paths', template.path, method, 'responses', `${exchange.status}`];
        const validate = schemaAt([...base, 'content', 'application/json', 'schema']);
        const body: unknown = JSON.parse(exchange.responseBody || 'null');
        if (!validate(body)) problems.push(...errorsOf(validate, 'response'));
      }
      return problems.map((text) => `${name}: ${text}`);
    },
  };
}

function pathProblems(
  template: { path: string; pattern: RegExp },
  path: string,
  parameters: Parameter[],
): string[] {
  const names = [...template.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
  const values = template.pattern.exec(path)?.slice(1) ?? [];
  return names.flatMap((name, index) => {
    const type = parameters.find((row) => row.in === 'path' && row.name === name)?.schema.type;
    return type === 'integer' && !/^\d+$/.test(values[index] ?? '') ? [`path ${name} is not an integer`] : [];
  });
}

function queryProblems(query: URLSearchParams, parameters: Parameter[]): string[] {
  return [...query].flatMap(([name, value]) => {
    const parameter = parameters.find((row) => row.in === 'query' && row.name === name);
    if (!parameter) return [`GitHub has no query parameter ${name}`];
    return parameter.schema.type === 'integer' && !/^\d+$/.test(value)
      ? [`query ${name} is not an integer`]
      : [];
  });
}

function bodyProblems(
  exchange: Exchange,
  operation: Operation,
  schema: Record<string, unknown>,
  validate: ValidateFunction,
): string[] {
  if (!exchange.requestBody) return operation.requestBody?.required ? ['the body is missing'] : [];
  const body = JSON.parse(exchange.requestBody) as Record<string, unknown>;
  // The description lets unknown keys pass, GitHub ignores them: either way they are a mistake of ours.
  const known = schema['properties'] as Record<string, unknown> | undefined;
  const unknown = known ? Object.keys(body).filter((key) => !(key in known)) : [];
  return [
    ...unknown.map((key) => `GitHub has no body parameter ${key}`),
    ...(validate(body) ? [] : errorsOf(validate, 'request')),
  ];
}

function errorsOf(validate: ValidateFunction, what: string): string[] {
  return (validate.errors ?? []).map(
    (error) => `${what}${error.instancePath} ${error.message} (${error.schemaPath})`,
  );
}

function patternOf(path: string): RegExp {
  const source = path.replace(/[.+*?^$()[\]|\\]/g, '\\$&').replace(/\{\w+\}/g, '([^/]+)');
  return new RegExp(`^${source}$`);
}

/** OpenAPI 3.0's `nullable` in words that JSON Schema knows, in place. */
function allowNull(node: unknown): void {
  if (Array.isArray(node)) {
    for (const item of node) allowNull(item);
    return;
  }
  if (typeof node !== 'object' || node === null) return;
  const schema = node as Record<string, unknown>;
  for (const [key, value] of Object.entries(schema)) {
    if (key !== 'example' && key !== 'examples') allowNull(value);
  }
  if (schema['nullable'] !== true) return;
  const { nullable: _, ...rest } = schema;
  for (const key of Object.keys(schema)) delete schema[key];
  schema['anyOf'] = [rest, { type: 'null' }];
}
