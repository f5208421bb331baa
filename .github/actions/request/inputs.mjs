import { createHash } from 'node:crypto';
import { Trouble } from './say.mjs';

/** Command -> what it takes beside its name. */
const TAKES = {
  plan: ['pull', 'commit', 'project', 'environment'],
  deploy: ['environment', 'commit', 'retry', 'despite-freeze'],
  approve: ['environment', 'digest'],
  reject: ['environment', 'digest', 'reason'],
  rollback: ['environment', 'commit', 'despite-freeze'],
  ephemeral: ['ref', 'name', 'ttl', 'projects', 'email'],
  extend: ['environment', 'name', 'ttl', 'at'],
  destroy: ['environment', 'name', 'confirm'],
  run: ['environment', 'project', 'args'],
  drift: ['environment', 'reconcile'],
  freeze: ['environment', 'reason', 'until'],
  unfreeze: ['environment'],
};

const NEEDS = {
  plan: ['pull'],
  deploy: ['environment'],
  approve: ['environment', 'digest'],
  reject: ['environment', 'digest'],
  rollback: ['environment'],
  ephemeral: [],
  extend: [],
  destroy: [],
  run: ['environment', 'project', 'args'],
  drift: ['environment'],
  freeze: ['environment', 'reason'],
  unfreeze: ['environment'],
};

/** Of which a command takes one, and needs it. */
const ONE_OF = {
  extend: [
    ['environment', 'name'],
    ['ttl', 'at'],
  ],
  destroy: [['environment', 'name']],
};

const FLAGS = ['retry', 'despite-freeze', 'reconcile'];
const ALL = [...new Set(Object.values(TAKES).flat())];
const UNIT = { s: 1, m: 60, h: 3600, d: 86_400 };

/** The inputs of the action, checked as far as can be done without asking Cairn. Throws Trouble. */
export function readInputs(env) {
  const read = (name) => (env[`CAIRN_${name.toUpperCase().replaceAll('-', '_')}`] ?? '').trim();
  const command = read('command');
  if (!Object.hasOwn(TAKES, command)) {
    throw new Trouble(`command: there is no "${command}"; there is ${Object.keys(TAKES).join(', ')}.`);
  }
  // A flag that is not set asks for nothing.
  const given = ALL.filter((name) => read(name) !== '' && !(FLAGS.includes(name) && read(name) === 'false'));
  const wrong = given.filter((name) => !TAKES[command].includes(name));
  if (wrong.length > 0) {
    throw new Trouble(`${wrong.join(', ')}: ${command} takes ${TAKES[command].join(', ')} only.`);
  }
  const missing = NEEDS[command].filter((name) => !given.includes(name));
  if (missing.length > 0) throw new Trouble(`${command} needs ${missing.join(' and ')}.`);
  for (const names of ONE_OF[command] ?? []) {
    if (names.filter((name) => given.includes(name)).length !== 1)
      throw new Trouble(`${command} needs either ${names.join(' or ')}.`);
  }
  const ask = Object.fromEntries(given.map((name) => [camelCase(name), readValue(name, read(name))]));

  return {
    command,
    ask,
    ...hostOf(read),
    githubToken: read('github-token'),
    wait: yesOrNo('wait', read('wait') || 'true'),
    timeout: duration(read('timeout') || '2h'),
    repository: needed(env, 'GITHUB_REPOSITORY'),
    workflowRun: needed(env, 'GITHUB_RUN_ID'),
    attempt: needed(env, 'GITHUB_RUN_ATTEMPT'),
    commit: needed(env, 'GITHUB_SHA'),
    branch: env['GITHUB_HEAD_REF'] || needed(env, 'GITHUB_REF_NAME'),
    githubApi: env['GITHUB_API_URL'] ?? 'https://api.github.com',
    step: `${place(read('step'))}/${digest({ command, ask })}`,
  };
}

/** Where in the workflow this is. */
function place(step) {
  return step.replace(/[^A-Za-z0-9_./-]/g, '-').slice(0, 80) || 'ask';
}

/** The jobs of a matrix, and an action that is used twice, may have one name: what differs is waited for by itself. */
function digest(what) {
  return createHash('sha256').update(JSON.stringify(what)).digest('hex').slice(0, 8);
}

function camelCase(name) {
  return name.replace(/-(.)/g, (_, letter) => letter.toUpperCase());
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
  if (name === 'args') return list(text);
  return FLAGS.includes(name) ? yesOrNo(name, text) : text;
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

function yesOrNo(name, text) {
  if (text === 'true') return true;
  if (text === 'false') return false;
  throw new Trouble(`${name}: "${text}" is neither true nor false.`);
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
