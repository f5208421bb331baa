import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findBinaries } from '../../local/binaries.ts';
import { fetchOpenTofu } from '../../local/opentofu.ts';

/** Answers as `tofu version -json` does. */
const PROGRAM = '#!/bin/sh\necho \'{"terraform_version": "1.10.6"}\'\n';

let dir: string;
let server: Server;
let base: string;
let files: Map<string, Buffer>;
let asked: string[];

beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'cairn-tofu-'));
  files = new Map();
  asked = [];
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const body = files.get(request.url ?? '');
    response.statusCode = body ? 200 : 404;
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  await new Promise((resolve) => server.close(resolve));
  await rm(dir, { recursive: true, force: true });
});

async function release(change: { sum?: string; name?: string } = {}): Promise<void> {
  const tar = pack();
  tar.entry({ name: 'README.md' }, 'OpenTofu');
  tar.entry({ name: 'tofu', mode: 0o755 }, PROGRAM);
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  const archive = gzipSync(Buffer.concat(chunks));
  const sum = change.sum ?? createHash('sha256').update(archive).digest('hex');
  const name = change.name ?? 'tofu_1.10.6_linux_amd64.tar.gz';
  files.set('/v1.10.6/tofu_1.10.6_linux_amd64.tar.gz', archive);
  files.set(
    '/v1.10.6/tofu_1.10.6_SHA256SUMS',
    Buffer.from(`${'0'.repeat(64)}  other.zip\n${sum}  ${name}\n`),
  );
}

const onLinux = () => ({ dir, base, platform: 'linux' as const, arch: 'x64' });

test('a release that fits its list is fetched once, and is a program that jobs can use', async () => {
  await release();

  const folder = await fetchOpenTofu(onLinux());
  const again = await fetchOpenTofu(onLinux());
  const binaries = await findBinaries('', [folder]);

  expect(again).toBe(folder);
  expect(asked).toHaveLength(2);
  expect(await readFile(path.join(folder, 'tofu'), 'utf8')).toBe(PROGRAM);
  expect((await stat(path.join(folder, 'tofu'))).mode & 0o777).toBe(0o755);
  expect(binaries).toEqual([{ name: 'tofu', path: path.join(folder, 'tofu'), version: '1.10.6' }]);
});

test('a wrong checksum is refused, and nothing is left behind', async () => {
  await release({ sum: 'f'.repeat(64) });

  await expect(fetchOpenTofu(onLinux())).rejects.toThrow(/the release's list says f{64}/);

  expect(await readdir(dir)).toEqual([]);
});

test('a release without this machine, or none at all, says what to do', async () => {
  await release({ name: 'tofu_1.10.6_plan9_mips.tar.gz' });
  await expect(fetchOpenTofu(onLinux())).rejects.toThrow(/has no tofu_1.10.6_linux_amd64/);

  files.clear();
  await expect(fetchOpenTofu(onLinux())).rejects.toThrow(/answered 404.*Install terraform or tofu/s);
});
