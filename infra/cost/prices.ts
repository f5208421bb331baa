/**
 * USD in us-east-1 without any free tier, as the pages named here published them in spring 2026. Look them up
 * again for your region: Europe costs 5 to 20 percent more.
 */
export const PRICES = {
  /** aws.amazon.com/kms/pricing: a customer managed key, a month. */
  key: 1,
  /** aws.amazon.com/secrets-manager/pricing: a secret, a month. */
  secret: 0.4,
  /** aws.amazon.com/secrets-manager/pricing: a read of one. */
  secretRequest: 5e-6,
  /** aws.amazon.com/cloudwatch/pricing: a metric that a standard alarm looks at, a month. */
  alarm: 0.1,
  /** aws.amazon.com/cloudwatch/pricing: a custom metric, a month; billed for the hours in which it is sent. */
  metric: 0.3,
  /** aws.amazon.com/cloudwatch/pricing: a dashboard, a month. */
  dashboard: 3,
  /** aws.amazon.com/cloudwatch/pricing: a GB of logs taken in. */
  logs: 0.5,
  /** aws.amazon.com/sqs/pricing: a request to a standard queue. */
  queueRequest: 0.4e-6,
  /** aws.amazon.com/eventbridge/pricing: a custom event; a schedule's invocation costs the same. */
  event: 1e-6,
  /** aws.amazon.com/lambda/pricing: a request; a GB-second on arm64. */
  invocation: 0.2e-6,
  lambdaGbSecond: 0.000_013_333_4,
  /** aws.amazon.com/xray/pricing: a trace that is recorded. */
  trace: 5e-6,
  /** aws.amazon.com/step-functions/pricing: a state transition. */
  transition: 25e-6,
  /** aws.amazon.com/fargate/pricing, Linux on ARM: a vCPU-hour, a GB-hour; Spot costs up to 70 percent less. */
  fargateCpuHour: 0.032_38,
  fargateGbHour: 0.003_56,
  /** aws.amazon.com/vpc/pricing: a public IPv4 address, an hour. */
  addressHour: 0.005,
  /** aws.amazon.com/dynamodb/pricing, on demand: a write and a read of one unit. */
  write: 0.625e-6,
  read: 0.125e-6,
  /** aws.amazon.com/s3/pricing: a PUT, a GET, a GB a month. */
  put: 5e-6,
  get: 0.4e-6,
  storage: 0.023,
  /** aws.amazon.com/kms/pricing: a request. */
  keyRequest: 3e-6,
  /** aws.amazon.com/ecr/pricing: a GB a month. */
  image: 0.1,
  /** aws.amazon.com/api-gateway/pricing: a request to an HTTP API. */
  httpRequest: 1e-6,
} as const;
