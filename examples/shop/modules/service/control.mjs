// Starts and stops the service. `start` ends well only when the new process answers; `stop` only when it is gone.
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const PATIENCE_MS = 10_000;

const home = need('SHOP_HOME');
const pidFile = path.join(home, 'shop.pid');
const logFile = path.join(home, 'shop.log');

const [command] = process.argv.slice(2);
if (command === 'start') await start();
else if (command === 'stop') {
  await stop();
  rmSync(logFile, { force: true });
} else fail('usage: control.mjs start|stop');

async function start() {
  await stop();
  const program = path.join(need('SHOP_FOLDER'), 'server.mjs');
  const log = openSync(logFile, 'w');
  // A session of its own, with its output in a file: it outlives the job that starts it.
  const child = spawn(process.execPath, [program], {
    cwd: home,
    detached: true,
    stdio: ['ignore', log, log],
    env: {
      SHOP_HOST: need('SHOP_HOST'),
      SHOP_PORT: need('SHOP_PORT'),
      SHOP_ORDERS: need('SHOP_ORDERS'),
      SHOP_RELEASE: need('SHOP_RELEASE'),
    },
  });
  closeSync(log);
  let ended = null;
  child.on('error', (error) => {
    ended = error.message;
  });
  child.on('exit', (code, signal) => {
    ended = `it ended with ${signal ?? `code ${code}`}`;
  });
  if (child.pid !== undefined) writeFileSync(pidFile, `${child.pid}\n${program}\n`);

  const url = `http://${need('SHOP_HOST')}:${need('SHOP_PORT')}/healthz`;
  const until = Date.now() + PATIENCE_MS;
  while (ended === null && Date.now() < until) {
    if (await isHealthy(url, child.pid)) {
      console.log(`The shop ${need('SHOP_RELEASE')} answers at ${url}`);
      process.exit(0);
    }
    await sleep(50);
  }

  const why = ended ?? `it did not answer ${url} within ${PATIENCE_MS / 1000} s`;
  await stop();
  fail(`The shop ${need('SHOP_RELEASE')} did not start: ${why}\n${lastLines()}`);
}

async function stop() {
  const pid = runningPid();
  if (pid === null) {
    rmSync(pidFile, { force: true });
    return;
  }

  const until = Date.now() + PATIENCE_MS;
  process.kill(pid, 'SIGTERM');
  while (isAlive(pid)) {
    if (Date.now() > until) process.kill(pid, 'SIGKILL');
    await sleep(20);
  }
  rmSync(pidFile, { force: true });
  console.log(`The shop was stopped (process ${pid})`);
}

/** The service's process, null if there is none. A number that another program has by now is not it. */
function runningPid() {
  let text;
  try {
    text = readFileSync(pidFile, 'utf8');
  } catch {
    return null;
  }
  const [first = '', program = ''] = text.split('\n');
  const pid = Number(first);
  if (!Number.isInteger(pid) || pid < 2 || !isAlive(pid)) return null;

  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(program) ? pid : null;
  } catch {
    // No /proc (macOS): the pid file has to do.
    return process.platform === 'linux' ? null : pid;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
  try {
    // Ended, and nobody has asked how yet: gone.
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return process.platform !== 'linux';
  }
}

/** Its own answer, not that of another program on the port. */
function isHealthy(url, pid) {
  return new Promise((resolve) => {
    const request = http.get(url, { agent: false, timeout: 1_000 }, async (response) => {
      try {
        let text = '';
        for await (const chunk of response) text += chunk;
        resolve(response.statusCode === 200 && JSON.parse(text).pid === pid);
      } catch {
        resolve(false);
      }
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
  });
}

function lastLines() {
  try {
    return readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-15).join('\n');
  } catch {
    return '';
  }
}

function need(name) {
  const value = process.env[name];
  if (!value) fail(`${name} is not set`);
  return value;
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
