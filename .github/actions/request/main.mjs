import { askApi } from './ask-api.mjs';
import { askAws } from './ask-aws.mjs';
import { readInputs } from './inputs.mjs';
import { say, setOutputs, summarize, Trouble } from './say.mjs';

/** Asks Cairn for what the inputs say, waits, and exits with 0 only if it went well. */
async function main(env) {
  const inputs = readInputs(env);
  const ask = inputs.host === 'api' ? askApi : askAws;
  const result = await ask(inputs, env);
  setOutputs(env, { run: result.run, state: result.state, url: result.url });
  summarize(env, inputs, result);
  return WELL.includes(result.state) ? 0 : 1;
}

/** A newer commit took over: nothing is wrong with this one. */
const WELL = ['succeeded', 'superseded', 'asked'];

try {
  process.exitCode = await main(process.env);
} catch (error) {
  if (!(error instanceof Trouble)) throw error;
  say('error', error.message);
  process.exitCode = 1;
}
