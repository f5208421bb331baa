// Makes the zip and says what it made: `NAME=value` lines in the file $CAIRN_OUTPUT become Terraform variables.
// The zip of so small a program travels there itself. A larger one goes into a bucket or a container registry,
// and its address is what is said.
import { createHash } from 'node:crypto';
import { appendFileSync, readFileSync } from 'node:fs';
import { zip } from './zip.mjs';

const FILES = ['page.mjs', 'products.json', 'shop.mjs'];

const read = (name) => readFileSync(new URL(name, import.meta.url));
const release = JSON.parse(read('release.json').toString()).name;
const program = zip(FILES.map((name) => ({ name, body: read(name) })));

const outputs = {
  release_name: release,
  release_zip: program.toString('base64'),
  release_digest: createHash('sha256').update(program).digest('base64url'),
};
console.log(`release ${release}: ${program.length} bytes, ${outputs.release_digest}`);
const lines = Object.entries(outputs).map(([name, value]) => `${name}=${value}\n`);
appendFileSync(process.env.CAIRN_OUTPUT ?? '/dev/stdout', lines.join(''));
