import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';

/**
 * A repository as companies have them: roots by team and stage with a backend, a provider, some modules and
 * variables; modules that call modules. Texts by path.
 */
export function generatedRepository(roots: number, modules: number): Map<string, string> {
  const files = new Map<string, string>();
  for (let i = 0; i < modules; i++) {
    const dir = `modules/m${i}`;
    // Two levels: every tenth module is made of others.
    const inner =
      i % 10 === 0 ? [1, 2].map((n) => call(`inner_${n}`, `../m${(i + n) % modules}`)).join('\n') : '';
    files.set(`${dir}/main.tf`, `${inner}\n${[1, 2, 3].map((n) => resource(`thing_${n}`)).join('\n')}`);
    files.set(`${dir}/variables.tf`, [1, 2, 3, 4].map((n) => variable(`value_${n}`)).join('\n'));
    files.set(`${dir}/outputs.tf`, [1, 2].map((n) => output(`out_${n}`, `thing_${n}`)).join('\n'));
    files.set(`${dir}/templates/user-data.tpl`, '#!/bin/sh\necho "${name}"\n');
  }
  for (let i = 0; i < roots; i++) {
    const dir = `live/team-${i % 50}/service-${i}`;
    const used = [i % modules, (i * 7 + 1) % modules, (i * 13 + 2) % modules];
    files.set(
      `${dir}/main.tf`,
      used.map((n, k) => call(`part_${k}`, `../../../modules/m${n}`)).join('\n') + resource('own'),
    );
    files.set(`${dir}/backend.tf`, backend(`team-${i % 50}/service-${i}`));
    files.set(`${dir}/variables.tf`, [1, 2, 3].map((n) => variable(`setting_${n}`)).join('\n'));
    files.set(`${dir}/terraform.tfvars`, 'setting_1 = "one"\nsetting_2 = "two"\nsetting_3 = "three"\n');
  }
  return files;
}

/** The same with one shared module changed. */
export function changedModule(files: ReadonlyMap<string, string>): Map<string, string> {
  return new Map(files).set(
    'modules/m11/main.tf',
    `${files.get('modules/m11/main.tf')}\n${resource('added')}`,
  );
}

/** As the forge hands it out: gzipped, below one leading folder. */
export async function tarballOf(files: ReadonlyMap<string, string>): Promise<Uint8Array> {
  const stream = pack();
  const chunks: Uint8Array[] = [];
  stream.on('data', (chunk) => void chunks.push(chunk as Uint8Array));
  const done = new Promise((resolve) => stream.on('end', () => resolve(undefined)));
  for (const [path, text] of files) stream.entry({ name: `repository-0123abc/${path}` }, text);
  stream.finalize();
  await done;
  return gzipSync(Buffer.concat(chunks), { level: 1 });
}

function call(name: string, source: string): string {
  return `module "${name}" {
  source = "${source}"

  value_1 = var.setting_1
  value_2 = "\${var.setting_2}-${name}"
  value_3 = {
    team  = "platform"
    owner = "somebody@example.com"
  }
}
`;
}

function resource(name: string): string {
  return `# What runs here, for whom, and why it is as large as it is.
resource "aws_instance" "${name}" {
  ami           = "ami-0123456789abcdef0"
  instance_type = var.value_1
  user_data     = templatefile("\${path.module}/templates/user-data.tpl", { name = "${name}" })

  tags = {
    Name        = "${name}"
    Environment = "production"
  }

  lifecycle {
    ignore_changes = [ami]
  }
}
`;
}

function variable(name: string): string {
  return `variable "${name}" {
  type        = string
  description = "Says what ${name} is, in a sentence of the usual length."
}
`;
}

function output(name: string, thing: string): string {
  return `output "${name}" {
  value = aws_instance.${thing}.id
}
`;
}

function backend(key: string): string {
  return `terraform {
  required_version = ">= 1.5"

  backend "s3" {
    bucket       = "company-terraform-state"
    key          = "${key}/terraform.tfstate"
    region       = "eu-west-1"
    use_lockfile = true
  }
}

provider "aws" {
  region = "eu-west-1"
}
`;
}
