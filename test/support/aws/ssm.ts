/** Parameters of Systems Manager, read and written behind Terraform's back. */
export function ssm(endpoint: string) {
  async function call(operation: string, body: unknown): Promise<Record<string, unknown>> {
    const answer = await fetch(endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `AmazonSSM.${operation}`,
        authorization:
          'AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/ssm/aws4_request, SignedHeaders=host, Signature=test',
      },
      body: JSON.stringify(body),
    });
    return { status: answer.status, ...((await answer.json()) as object) };
  }
  return {
    /** Null if there is no such parameter. */
    async get(name: string): Promise<string | null> {
      const { Parameter } = (await call('GetParameter', { Name: name })) as { Parameter?: { Value: string } };
      return Parameter?.Value ?? null;
    },
    async put(name: string, value: string): Promise<void> {
      const answer = await call('PutParameter', { Name: name, Value: value, Overwrite: true });
      if (answer['status'] !== 200) throw new Error(`PutParameter: ${JSON.stringify(answer)}`);
    },
  };
}
