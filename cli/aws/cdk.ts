import path from 'node:path';
import { execa } from 'execa';
import { installRoot } from '../../local/root.ts';
import { CliError, EXIT } from '../exit.ts';
import type { Io } from '../io.ts';

/** Runs the CDK's own program; what it says goes to standard error. Throws if it ends badly. */
export type Cdk = (args: string[]) => Promise<void>;

/** The CDK that was installed with Cairn, on the stacks that `file` describes. */
export function cdkOf(file: string, region: string, io: Io, root = installRoot()): Cdk {
  return async (args) => {
    const [command = ''] = args;
    const started = execa(
      process.execPath,
      [path.join(root, 'node_modules/aws-cdk/bin/cdk'), ...args, ...COMMON, '-c', `config=${file}`],
      {
        cwd: root,
        // Credentials are the operator's own; the region is the file's.
        env: { ...io.env, AWS_REGION: region, AWS_DEFAULT_REGION: region, CAIRN_INFRA: file },
        extendEnv: false,
        stdin: 'ignore',
        all: true,
        buffer: false,
        reject: false,
        cancelSignal: io.signal,
        // In the middle of a deployment it has to say what it leaves.
        forceKillAfterDelay: 30_000,
      },
    );
    started.all?.on('data', (chunk: Buffer) => io.err(chunk.toString()));
    const { exitCode, failed } = await started;
    if (!failed) return;
    throw new CliError(
      EXIT.bad,
      `\`cdk ${command}\` ended with ${exitCode ?? 'a signal'}; what is wrong stands above. CloudFormation has taken back what it had begun: mend it and run this again.`,
    );
  };
}

const COMMON = ['--no-notices', '--no-version-reporting'];
