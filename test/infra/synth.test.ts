import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { App, Stack, Validations } from 'aws-cdk-lib';
import { Bucket, CfnBucket } from 'aws-cdk-lib/aws-s3';
import { AwsSolutionsChecks } from 'cdk-nag';
import { afterAll, describe, expect, it } from 'vitest';
import { STACKS } from '../../infra/names.ts';
import { CONFIG_NAMES, featureFlags, synthesized, templateFiles } from '../support/infra.ts';

/** Why templates are not given to cfn-lint, null if they are. */
const NO_LINT = missing();

function missing(): string | null {
  try {
    execFileSync('cfn-lint', ['--version'], { stdio: 'ignore', timeout: 60_000 });
    return null;
  } catch {
    return 'cfn-lint is not on the PATH';
  }
}

describe.each(CONFIG_NAMES)('the stacks of %s', (name) => {
  it('are made without a finding of cdk-nag or of the validator', async () => {
    const { templates } = await synthesized(name);

    expect(Object.keys(templates)).toEqual(
      expect.arrayContaining([...Object.values(STACKS), expect.stringMatching(/^CairnJobs-/)]),
    );
  });

  it('need nothing from an account to be made', async () => {
    const { outdir } = await synthesized(name);

    const manifest = JSON.parse(readFileSync(path.join(outdir, 'manifest.json'), 'utf8'));

    expect(manifest.missing).toBeUndefined();
  });

  it('stay below what CloudFormation takes', async () => {
    const { templates } = await synthesized(name);

    for (const template of Object.values(templates)) {
      expect(Object.keys(template.Resources).length).toBeLessThan(450);
      expect(Object.keys(template.Outputs ?? {}).length).toBeLessThan(200);
      expect(JSON.stringify(template).length).toBeLessThan(900_000);
    }
  });

  it('say why each finding is meant to be so', async () => {
    const { outdir } = await synthesized(name);

    const accepted = templateFiles({ outdir }).flatMap((file) => {
      const metadata = JSON.parse(readFileSync(file.replace('.template.', '.metadata.'), 'utf8'));
      return acknowledgements(metadata);
    });

    expect(accepted.length).toBeGreaterThan(10);
    for (const { id, reason } of accepted) {
      expect(reason.length, `${id}: ${reason}`).toBeGreaterThan(20);
      // The rule itself, without what it found, would be everything that it ever finds there.
      expect(id).not.toMatch(/AwsSolutions-IAM5$/);
    }
  });
});

describe(`cfn-lint${NO_LINT ? ` (skipped: ${NO_LINT})` : ''}`, () => {
  it.skipIf(NO_LINT)(
    'finds no error in the templates',
    async () => {
      const [minimal, full, many] = await Promise.all(CONFIG_NAMES.map(synthesized));
      const only = (all: string[], pattern: RegExp) =>
        all.filter((file) => pattern.test(path.basename(file)));
      // Where the configurations differ: it takes seconds for a large one.
      const files = [
        ...templateFiles(full!),
        ...only(templateFiles(minimal!), /Network/),
        ...only(templateFiles(many!), /Jobs/),
      ];

      const lint = spawnSync('cfn-lint', ['--ignore-checks', 'W', '--', ...files], { encoding: 'utf8' });

      expect(lint.stdout + lint.stderr).toBe('');
      expect(lint.status).toBe(0);
      // Half a minute of a processor, which others may want as well.
    },
    400_000,
  );
});

describe('the checks of synth', () => {
  const outdir = mkdtempSync(path.join(tmpdir(), 'cairn-planted-'));
  const planted = () => ({ context: featureFlags(), outdir: mkdtempSync(path.join(outdir, 'cdk-')) });
  afterAll(() => rmSync(outdir, { recursive: true }));

  it('are all that the CDK recommends', () => {
    const file = new URL('../../node_modules/aws-cdk-lib/recommended-feature-flags.json', import.meta.url);

    expect(featureFlags()).toEqual(JSON.parse(readFileSync(file, 'utf8')));
  });

  it('end it when cdk-nag finds something', () => {
    const app = new App({ ...planted(), builtinCloudFormationValidation: false });
    new Bucket(new Stack(app, 'Planted'), 'Bucket', { enforceSSL: false });
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));

    expect(() => app.synth()).toThrow(/does not require requests to use SSL/);
  });

  it('end it when the validator finds something', () => {
    const app = new App(planted());
    new CfnBucket(new Stack(app, 'Planted'), 'Bucket', { accessControl: 'Everybody' });

    expect(() => app.synth()).toThrow(/ERROR .*OwnershipControl/);
  });
});

interface Acknowledgement {
  id: string;
  reason: string;
}

/** Of a stack's metadata: by construct, what was acknowledged there. */
function acknowledgements(metadata: Record<string, { type: string; data: unknown }[]>): Acknowledgement[] {
  return Object.values(metadata)
    .flat()
    .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
    .flatMap(({ data }) =>
      Object.entries(data as Record<string, unknown>).map(([id, reason]) => ({ id, reason: String(reason) })),
    );
}
