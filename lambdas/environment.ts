import { z } from 'zod';

const json = <T extends z.ZodType>(schema: T) =>
  z.string().transform((text, context): z.output<T> => {
    try {
      return schema.parse(JSON.parse(text)) as z.output<T>;
    } catch (error) {
      context.addIssue({ code: 'custom', message: `not the JSON that is expected: ${String(error)}` });
      return z.NEVER;
    }
  });

/**
 * The environment of every function, parsed when it starts and required of the stacks at compile time: a name
 * that one side does not know is an error there, not at night. Secrets are never in it, only where they are.
 */
export const lambdaEnvironment = z.object({
  /** Name of the DynamoDB table. */
  CAIRN_TABLE: z.string(),
  /** Name of the artifact bucket. */
  CAIRN_ARTIFACTS: z.string(),
  /** Name of the event bus that carries requests (`cairn.requests`) and status events (`cairn.status`). */
  CAIRN_BUS: z.string(),
  /** ARN of a state machine without its workflow: `arn:aws:states:REGION:ACCOUNT:stateMachine:cairn-`. */
  CAIRN_STATE_MACHINES: z.string(),
  /** Log group that jobs write to. */
  CAIRN_JOB_LOGS: z.string(),
  /** Where people reach the API and its pages, without a trailing slash. */
  CAIRN_PUBLIC_URL: z.string(),
  /** JSON: `owner/name` of each repository that is watched. */
  CAIRN_REPOSITORIES: json(z.array(z.string())),
  /** `https://api.github.com`, or an Enterprise server's `https://HOST/api/v3`. */
  CAIRN_GITHUB_URL: z.string(),
  /** Secret with `{"appId": "…", "privateKey": "…"}`. */
  CAIRN_GITHUB_SECRET: z.string(),
  /** Secret with the webhook's secret as it is, at least 32 characters. */
  CAIRN_WEBHOOK_SECRET: z.string(),
  /** Secret with `{"botToken": "…", "signingSecret": "…"}`, the latter for buttons; empty if there is no Slack. */
  CAIRN_SLACK_SECRET: z.string(),
  /** Secret that run keys are derived from. */
  CAIRN_MASTER_KEY: z.string(),
  /** Secret with the token that acts as `operator`. */
  CAIRN_ADMIN_TOKEN: z.string(),
  /** JSON: what the executor's image has, best first, such as `["terraform 1.11.4"]`. */
  CAIRN_BINARIES: json(z.array(z.string())),
  /** JSON: names of job sizes. */
  CAIRN_SIZES: json(z.array(z.string())),
  /** JSON: `owner/name` of each repository that may have ephemeral environments. */
  CAIRN_EPHEMERAL: json(z.array(z.string())),
  /** JSON: group of the one-time schedules, and ARNs: the role that they put requests on the bus with, the bus, where what fails is kept. */
  CAIRN_SCHEDULES: json(
    z.object({ group: z.string(), role: z.string(), bus: z.string(), deadLetters: z.string() }),
  ),
});

/** As the functions see it. */
export type LambdaEnvironment = z.output<typeof lambdaEnvironment>;
/** As the stacks write it: every value a text. */
export type LambdaVariables = z.input<typeof lambdaEnvironment>;
