// One process per bundle: `node function-process.mjs BUNDLE`. A line of JSON in, `{id, handler, event}`; a line out.
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

// What a function logs goes to standard error; standard output is ours.
for (const level of ['log', 'info', 'warn', 'error', 'debug']) {
  console[level] = (...parts) => process.stderr.write(`${parts.map(String).join(' ')}\n`);
}
const answer = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const bundle = await import(pathToFileURL(process.argv[2]).href);

async function call({ id, handler, event }) {
  try {
    const context = {
      awsRequestId: id,
      functionName: `cairn-${handler}`,
      functionVersion: '$LATEST',
      invokedFunctionArn: `arn:aws:lambda:eu-west-1:123456789012:function:cairn-${handler}`,
      memoryLimitInMB: '512',
      getRemainingTimeInMillis: () => 60_000,
    };
    answer({ id, result: (await bundle[handler](event, context)) ?? null });
  } catch (error) {
    answer({ id, error: { name: error?.name ?? 'Error', message: error?.message ?? String(error) } });
  }
}

for await (const line of createInterface({ input: process.stdin })) call(JSON.parse(line));
process.exit();
