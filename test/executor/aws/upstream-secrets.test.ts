import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NO_MOTO, REGION } from '../../support/aws/moto.ts';
import { planJob } from '../support.ts';
import { ARTIFACTS, applyOf, backendExtra, type Cloud, createCloud, planOf, run, STATES } from './support.ts';

const KEPT = 'hunter2-of-a-kept-state';
const OWN = 'hunter2-behind-a-backend';

function stateOf(password: string, host: string): string {
  return JSON.stringify({
    version: 4,
    terraform_version: '1.11.4',
    serial: 1,
    lineage: '7a1c0d0e-0000-4000-8000-000000000001',
    outputs: {
      password: { value: password, type: 'string', sensitive: true },
      host: { value: host, type: 'string' },
    },
    resources: [],
  });
}

describe.skipIf(NO_MOTO)(`states that others keep, on moto${NO_MOTO ? ` (skipped: ${NO_MOTO})` : ''}`, () => {
  let cloud: Cloud;
  beforeAll(async () => {
    cloud = await createCloud();
  });
  afterAll(() => cloud?.end());

  it('are asked what they mark, by a plan and by its apply: one is handed over, one stands in a bucket', async () => {
    await cloud.put(STATES, 'acme/infra/prod/data/terraform.tfstate', stateOf(KEPT, 'host-of-data'));
    await cloud.put(STATES, 'elsewhere/one.tfstate', stateOf(OWN, 'host-of-other'));
    const config = {
      ...JSON.parse(backendExtra(cloud.proxy.endpoint)),
      bucket: STATES,
      key: 'elsewhere/one.tfstate',
      region: REGION,
    };
    const root = {
      'main.tf': `
variable "cairn_state" { type = any }
data "terraform_remote_state" "data" {
  backend = var.cairn_state.data.backend
  config  = var.cairn_state.data.config
}
data "terraform_remote_state" "other" {
  backend = "s3"
  config  = jsondecode(${JSON.stringify(JSON.stringify(config))})
}
locals { read = [for up in [data.terraform_remote_state.data, data.terraform_remote_state.other] : up.outputs] }
resource "terraform_data" "urls" { input = [for up in local.read : "pg://\${up.password}@\${up.host}"] }
output "passwords" { value = local.read[*].password }
`,
    };
    const project = {
      ...planJob().project,
      upstream: { data: { kind: 'file' as const, file: 'upstream-data.tfstate' } },
    };
    const upstream = { 'upstream-data.tfstate': 'acme/infra/prod/data' };

    const planned = await run(cloud, planOf(1, { upstream }, { project }), root);
    const applied = await run(cloud, applyOf(1, planned, { upstream }), root);

    const [plans, applies] = [planned, applied].map(({ order }) => `${order.prefix}/out`);
    const texts = await Promise.all(
      [`${plans}/changes.json`, `${plans}/log.txt`, `${applies}/log.txt`, `${applies}/result.json`].map(
        (key) => cloud.text(ARTIFACTS, key),
      ),
    );
    const shown = [...texts, planned.output, applied.output].join('\n');
    expect(applied.result).toMatchObject({
      status: 'ok',
      outputs: { passwords: ['(sensitive)', '(sensitive)'] },
    });
    for (const host of ['host-of-data', 'host-of-other']) {
      expect(texts[0]).toContain(`pg://(sensitive)@${host}`);
      expect(planned.output).toContain(`pg://(sensitive)@${host}`);
    }
    for (const secret of [KEPT, OWN]) expect(shown).not.toContain(secret);
  });
});
