import { z } from 'zod';
import { isOperator, type Rule } from './choice.ts';
import { innerMachines, type Machine, type State, targets } from './definition.ts';
import { parseExpression } from './expression.ts';
import { isRecord, parsePath } from './paths.ts';

const seconds = z.number().int().min(0).max(99_999_999);
const path = z.string().refine(noThrow(parsePath), 'is not a path of the form $.a.b or $.a[0]');
const reference = path.refine((text) => !text.startsWith('$$'), 'must begin with a single $');
const expression = z
  .string()
  .refine(noThrow(parseExpression), 'is neither a path nor an intrinsic known here');
const template = z.unknown().superRefine((value, context) => {
  for (const problem of templateProblems(value)) context.addIssue({ code: 'custom', message: problem });
});

const comment = { Comment: z.string().optional(), QueryLanguage: z.literal('JSONPath').optional() };
const inAndOut = { InputPath: path.nullable().optional(), OutputPath: path.nullable().optional() };
const next = { Next: z.string().optional(), End: z.literal(true).optional() };
const result = { ResultSelector: template.optional(), ResultPath: reference.nullable().optional() };
const errors = z.array(z.string().min(1)).min(1);
const handling = {
  Retry: z
    .array(
      z.strictObject({
        ErrorEquals: errors,
        IntervalSeconds: seconds.min(1).optional(),
        MaxAttempts: seconds.optional(),
        BackoffRate: z.number().min(1).optional(),
        MaxDelaySeconds: seconds.min(1).max(31_622_400).optional(),
        JitterStrategy: z.enum(['FULL', 'NONE']).optional(),
      }),
    )
    .optional(),
  Catch: z
    .array(
      z.strictObject({
        ErrorEquals: errors,
        Next: z.string(),
        ResultPath: reference.nullable().optional(),
        Comment: z.string().optional(),
      }),
    )
    .optional(),
};

const machine: z.ZodType<Machine> = z.lazy(() =>
  z.strictObject({ StartAt: z.string(), States: z.record(z.string().min(1).max(80), state), ...comment }),
) as unknown as z.ZodType<Machine>;

const processor: z.ZodType<Machine> = z.lazy(() =>
  z.strictObject({
    ProcessorConfig: z.strictObject({ Mode: z.literal('INLINE') }).optional(),
    StartAt: z.string(),
    States: z.record(z.string().min(1).max(80), state),
    ...comment,
  }),
) as unknown as z.ZodType<Machine>;

const rule = z.record(z.string(), z.unknown()).superRefine((value, context) => {
  for (const problem of ruleProblems(value)) context.addIssue({ code: 'custom', message: problem });
});

const state: z.ZodType<State> = z.discriminatedUnion('Type', [
  z.strictObject({
    Type: z.literal('Task'),
    Resource: z.string(),
    Parameters: template.optional(),
    TimeoutSeconds: seconds.min(1).optional(),
    TimeoutSecondsPath: reference.optional(),
    HeartbeatSeconds: seconds.min(1).optional(),
    HeartbeatSecondsPath: reference.optional(),
    ...comment,
    ...inAndOut,
    ...next,
    ...result,
    ...handling,
  }),
  z.strictObject({
    Type: z.literal('Choice'),
    Choices: z.array(rule).min(1),
    Default: z.string().optional(),
    ...comment,
    ...inAndOut,
  }),
  z.strictObject({
    Type: z.literal('Parallel'),
    Branches: z.array(machine).min(1),
    Parameters: template.optional(),
    ...comment,
    ...inAndOut,
    ...next,
    ...result,
    ...handling,
  }),
  z.strictObject({
    Type: z.literal('Map'),
    ItemProcessor: processor,
    ItemsPath: path.optional(),
    ItemSelector: template.optional(),
    MaxConcurrency: seconds.optional(),
    ...comment,
    ...inAndOut,
    ...next,
    ...result,
    ...handling,
  }),
  z.strictObject({
    Type: z.literal('Wait'),
    Seconds: seconds.optional(),
    SecondsPath: reference.optional(),
    Timestamp: z.string().optional(),
    TimestampPath: reference.optional(),
    ...comment,
    ...inAndOut,
    ...next,
  }),
  z.strictObject({
    Type: z.literal('Pass'),
    Result: z.unknown().optional(),
    Parameters: template.optional(),
    ResultPath: reference.nullable().optional(),
    ...comment,
    ...inAndOut,
    ...next,
  }),
  z.strictObject({ Type: z.literal('Succeed'), ...comment, ...inAndOut }),
  z.strictObject({
    Type: z.literal('Fail'),
    Error: z.string().optional(),
    ErrorPath: expression.optional(),
    Cause: z.string().optional(),
    CausePath: expression.optional(),
    ...comment,
  }),
]) as unknown as z.ZodType<State>;

/** Checks that the interpreter can run it; throws an error that names every place that it cannot. */
export function parseDefinition(name: string, value: unknown): Machine {
  const parsed = machine.safeParse(value);
  if (!parsed.success) throw new Error(`Workflow ${name}:\n${z.prettifyError(parsed.error)}`);
  const problems = targetProblems(parsed.data, '');
  if (problems.length > 0) throw new Error(`Workflow ${name}:\n${problems.join('\n')}`);
  return parsed.data;
}

function targetProblems(of: Machine, where: string): string[] {
  const problems = Object.hasOwn(of.States, of.StartAt)
    ? []
    : [`${where}StartAt '${of.StartAt}' is no state`];
  for (const [name, each] of Object.entries(of.States)) {
    for (const target of targets(each)) {
      if (!Object.hasOwn(of.States, target)) problems.push(`${where}${name}: '${target}' is no state`);
    }
    const ends = ['Choice', 'Succeed', 'Fail'].includes(each.Type);
    if (!ends && (each.Next === undefined) === (each.End === undefined)) {
      problems.push(`${where}${name}: wants either Next or End`);
    }
    if (each.Type === 'Wait' && waitFields.filter((field) => each[field] !== undefined).length !== 1) {
      problems.push(`${where}${name}: wants one of ${waitFields.join(', ')}`);
    }
    problems.push(...innerMachines(each).flatMap((inner) => targetProblems(inner, `${where}${name}/`)));
  }
  return problems;
}

const waitFields = ['Seconds', 'SecondsPath', 'Timestamp', 'TimestampPath'] as const;

function templateProblems(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(templateProblems);
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    if (!key.endsWith('.$')) return templateProblems(inner);
    return typeof inner === 'string' && noThrow(parseExpression)(inner)
      ? []
      : [`'${key}': ${JSON.stringify(inner)} is neither a path nor an intrinsic known here`];
  });
}

function ruleProblems(value: Rule, nested = false): string[] {
  const parts = [value['And'], value['Or'], value['Not']].flat().filter((part) => part !== undefined);
  const problems = parts.flatMap((part) => ruleProblems(part as Rule, true));
  if (!nested && typeof value['Next'] !== 'string') problems.push('a rule wants a Next');
  if (parts.length > 0) return problems;
  const operators = Object.keys(value).filter((key) => !['Variable', 'Next', 'Comment'].includes(key));
  if (operators.length !== 1 || !isOperator(operators[0]!)) {
    problems.push(`a rule wants one known operator, not '${operators.join(', ')}'`);
  }
  if (typeof value['Variable'] !== 'string' || !noThrow(parsePath)(value['Variable'])) {
    problems.push(`a rule's Variable has to be a path, not ${JSON.stringify(value['Variable'])}`);
  }
  return problems;
}

function noThrow(parse: (text: string) => unknown): (text: string) => boolean {
  return (text) => {
    try {
      parse(text);
      return true;
    } catch {
      return false;
    }
  };
}
