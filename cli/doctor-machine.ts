import { constants } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import type { Finding } from './findings.ts';

const OLDEST_NODE = [20, 18];
const OLDEST_GIT = [2, 30];
const GIB = 1024 ** 3;

export function checkNode(version = process.versions.node): Finding {
  const fits = atLeast(version, OLDEST_NODE);
  return fits
    ? { name: 'node', status: 'ok', message: version }
    : {
        name: 'node',
        status: 'fail',
        message: `${version} is too old.`,
        help: 'Install Node.js 20.18 or newer.',
      };
}

export async function checkGit(): Promise<Finding> {
  const { stdout, failed } = await execa('git', ['--version'], { reject: false, timeout: 10_000 });
  const version = /(\d+\.\d+(\.\d+)?)/.exec(failed ? '' : stdout)?.[1];
  if (version === undefined) {
    return {
      name: 'git',
      status: 'fail',
      message: 'git is not on the PATH.',
      help: 'Install git 2.30 or newer.',
    };
  }
  return atLeast(version, OLDEST_GIT)
    ? { name: 'git', status: 'ok', message: version }
    : { name: 'git', status: 'warn', message: `${version} is old.`, help: 'Install git 2.30 or newer.' };
}

export function checkBinaries(found: { name: string; version: string; path: string }[]): Finding {
  if (found.length === 0) {
    return {
      name: 'terraform',
      status: 'warn',
      message: 'There is neither terraform nor tofu on the PATH.',
      help: 'A server would fetch a pinned OpenTofu into its data folder at the start. To use your own, install one: https://developer.hashicorp.com/terraform/install or https://opentofu.org/docs/intro/install/',
    };
  }
  return {
    name: 'terraform',
    status: 'ok',
    message: found.map(({ name, version }) => `${name} ${version}`).join(', '),
  };
}

/** Everything of Cairn stands there: keys, the admin token, states. */
export async function checkDataFolder(data: string): Promise<Finding[]> {
  const name = 'data folder';
  const info = await stat(data).catch(() => null);
  if (!info) {
    const parent = await nearest(data);
    const writable = await access(parent, constants.W_OK).then(
      () => true,
      () => false,
    );
    const missing: Finding = writable
      ? { name, status: 'ok', message: `${data} is not there yet; the first start makes it.` }
      : {
          name,
          status: 'fail',
          message: `${data} is not there, and ${parent} cannot be written to.`,
          help: `Make it yours: mkdir -p ${data}, or name another with --data.`,
        };
    return [missing, await checkDisk(parent)];
  }
  const uid = process.getuid?.();
  if (!info.isDirectory())
    return [{ name, status: 'fail', message: `${data} is no folder.`, help: 'Name another with --data.' }];
  const writable = await access(data, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
  if (!writable) {
    return [
      {
        name,
        status: 'fail',
        message: `${data} cannot be written to by this user.`,
        help: `chown it to the user of the server, or name another with --data.`,
      },
    ];
  }
  if (uid !== undefined && uid !== 0 && info.uid !== uid) {
    return [
      {
        name,
        status: 'fail',
        message: `${data} belongs to user ${info.uid}, not to ${uid}.`,
        help: `chown ${uid} ${data}`,
      },
    ];
  }
  const token = await stat(path.join(data, 'admin.token')).catch(() => null);
  const isOpen = (info.mode & 0o026) !== 0 || (token !== null && (token.mode & 0o077) !== 0);
  const findings: Finding = isOpen
    ? {
        name,
        status: 'fail',
        message: `${data} can be read or written by others: it holds keys and states.`,
        help: [`chmod go-rw ${data}`, ...(token ? [`chmod 600 ${path.join(data, 'admin.token')}`] : [])].join(
          ' && ',
        ),
      }
    : { name, status: 'ok', message: data };
  return [findings, await checkDisk(data)];
}

async function checkDisk(folder: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(folder);
  const free = (bavail * bsize) / GIB;
  const message = `${free.toFixed(1)} GiB free below ${folder}`;
  if (free < 0.5)
    return {
      name: 'disk',
      status: 'fail',
      message,
      help: 'Make room: terraform cannot unpack its providers.',
    };
  if (free < 5)
    return {
      name: 'disk',
      status: 'warn',
      message,
      help: 'A version of a large provider takes about 1 GiB per project while it is planned.',
    };
  return { name: 'disk', status: 'ok', message };
}

/** Terraform runs code of whoever opens a pull request. */
export function checkIsolation(uid = process.getuid?.()): Finding {
  return uid === 0
    ? {
        name: 'isolation',
        status: 'ok',
        message: 'Jobs get users of their own, since the server runs as root.',
      }
    : {
        name: 'isolation',
        status: 'warn',
        message:
          'Jobs run as the user of the server: whoever can open a pull request can read its keys. Forks are refused.',
        help: 'Run the server as root (jobs then never do), or let only people open pull requests whom you trust with its keys.',
      };
}

async function nearest(folder: string): Promise<string> {
  const parent = path.dirname(folder);
  if (parent === folder) return folder;
  return (await stat(parent).catch(() => null)) ? parent : nearest(parent);
}

function atLeast(version: string, [major = 0, minor = 0]: number[]): boolean {
  const [a = 0, b = 0] = version.split('.').map(Number);
  return a > major || (a === major && b >= minor);
}
