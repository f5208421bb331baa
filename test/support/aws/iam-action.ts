/** Operations whose action IAM calls by another name. */
const OTHER_NAMES: Record<string, string> = {
  's3:HeadObject': 's3:GetObject',
  's3:ListObjectsV2': 's3:ListBucket',
};

/** What IAM calls an operation of the API. */
export function iamAction(service: string, operation: string): string {
  const name = `${service}:${operation}`;
  return OTHER_NAMES[name] ?? name;
}
