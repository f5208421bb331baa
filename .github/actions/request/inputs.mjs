import { Trouble } from './say.mjs';

/** Command -> what it takes beside its name. */
const TAKES = {
  plan: ['pull', 'commit', 'project', 'environment'],
  deploy: ['environment', 'commit'],
  ephemeral: ['ref', 'name', 'ttl', 'projects', 'email'],
  extend: ['environment', 'ttl', 'at'],
  destroy: ['environment'],
  run: ['environment', 'project', 'args'],
  drift: ['environment'],
  freeze: ['environment', 'reason', 'until'],
  unfreeze: ['environment'],
};

const NEEDS = {
  plan: ['pull'],
  deploy: ['environment'],
  ephemeral: [],
  extend: ['environment'],
  destroy: ['environment'],
  run: ['environment', 'project', 'args'],
  drift: ['environment'],
  freeze: ['environment', 'reason'],
  unfreeze: ['environment'],
};

const ALL = [...new Set(Object.values(TAKES).flat())];
const UNIT = { s: 1, m: 60, h: 3600, d: 86_400 };

/** The inputs of the action, checked as far as can be done without asking Cairn. Throws Trouble. */
export function readInputs(env) {
  const read = (name) => (env[`CAIRN_${name.toUpperCase().replaceAll('-', '_')}`] ?? '').trim();
  const command = read('command');
  if (!Object.hasOwn(TAKES, command)) {
    throw new Trouble(`command: there is no "${command}"; there is ${Object.keys(TAKES).join(', ')}.`);
  }
  const given = ALL.filter((name) => read(name) !== '');
  const wrong = given.filter((name) => !TAKES[command].includes(name));
  if (wrong.length > 0) {
    throw new Trouble(`${wrong.join(', ')}: ${command} takes ${TAKES[command].join(', ')} only.`);
  }
  const missing = NEEDS[command].filter((name) => !given.includes(name));
  if (missing.length > 0) throw new Trouble(`${command} needs ${missing.join(' and ')}.`);

  return {
    command,
    ask: Object.fromEntries(given.map((name) => [name, readValue(name, read(name))])),
    ...hostOf(read),
    githubToken: read('github-token'),
    wait: yesOrNo(read('wait') || 'true'),
    timeout: duration(read('timeout') || '2h'),
    repository: needed(env, 'GITHUB_REPOSITORY'),
    workflowRun: needed(env, 'GITHUB_RUN_ID'),
    attempt: needed(env, 'GITHUB_RUN_ATTEMPT'),
    commit: needed(env, 'GITHUB_SHA'),
    branch: env['GITHUB_HEAD_REF'] || needed(env, 'GITHUB_REF_NAME'),
    githubApi: env['GITHUB_API_URL'] ?? 'https://api.github.com',
    step:
      read('step')
        .replace(/[^A-Za-z0-9_./-]/g, '-')
        .slice(0, 80) || 'ask',
  };
}

function readValue(name, text) {
  if (name === 'pull') {
    if (!/^[1-9]\d{0,8}$/.test(text)) throw new Trouble(`pull: "${text}" is not a number of a pull request.`);
    return Number(text);
  }
  if (name === 'projects') {
    return text
      .split(/[,\n]/)
      .map((one) => one.trim())
      .filter((one) => one !== '');
  }
  return name === 'args' ? list(text) : text;
}

function list(text) {
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Trouble('args: write the words as a JSON list, such as ["state", "list"].');
  }
  if (!Array.isArray(value) || value.length === 0 || value.some((word) => typeof word !== 'string')) {
    throw new Trouble('args: write the words as a JSON list of texts, such as ["state", "list"].');
  }
  return value;
}

function hostOf(read) {
  const [url, role, region] = [read('url'), read('role'), read('region')];
  if (url !== '' && role !== '')
    throw new Trouble('url and role: give one of them, url for one machine, role for AWS.');
  if (url !== '') {
    if (!/^https?:\/\//.test(url)) throw new Trouble(`url: "${url}" does not start with https://.`);
    if (read('token') === '') throw new Trouble('url needs token: a secret that the server knows.');
    return { host: 'api', url: url.replace(/\/+$/, ''), token: read('token') };
  }
  if (role === '' || region === '') {
    throw new Trouble('Say where Cairn is: url and token for one machine, role and region for AWS.');
  }
  return { host: 'aws', role, region };
}

function yesOrNo(text) {
  if (text === 'true') return true;
  if (text === 'false') return false;
  throw new Trouble(`wait: "${text}" is neither true nor false.`);
}

/** Of `90m`, in milliseconds. */
function duration(text) {
  const [, number, unit] = /^([1-9]\d{0,4})([smhd])$/.exec(text) ?? [];
  if (number === undefined)
    throw new Trouble(`timeout: write a number and s, m, h or d, such as 90m, not "${text}".`);
  return Number(number) * UNIT[unit] * 1000;
}

function needed(env, name) {
  const value = env[name];
  if (value === undefined || value === '')
    throw new Trouble(`${name} is not set: this runs in a GitHub Actions job.`);
  return value;
}
