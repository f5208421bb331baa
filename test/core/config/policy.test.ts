import { describe, expect, it } from 'vitest';
import { defaultConfig, parseConfig } from '../../../core/config/config.ts';
import { effectivePolicy, policyOf } from '../../../core/config/policy.ts';

const config = (environment: string, rest = '') =>
  parseConfig(`environments:\n  prod: { branch: main${environment} }\n${rest}`);
const SECRETS = 'projects:\n  - { dir: a, secrets: { TOKEN: { plan: stolen } } }\n';

describe('effectivePolicy', () => {
  it('keeps what was approved and says what would change', () => {
    const approved = config(
      ', approval: { approvers: [alice], not_author: true }',
      'guards: { max_destroy: 1 }\n',
    );
    const proposed = config(', approval: { required: false }, rollback: off');

    const { policy, changes } = effectivePolicy({ approved, proposed, environment: 'prod' });

    expect(policy).toEqual(policyOf(approved, 'prod'));
    expect(changes).toEqual([
      'approval.approvers: ["alice"] -> [] (takes effect after it is approved)',
      'approval.not_author: true -> false (takes effect after it is approved)',
      'approval.required: true -> false (takes effect after it is approved)',
      'guards.max_destroy: 1 -> none (takes effect after it is approved)',
      'rollback: "manual" -> "off" (takes effect after it is approved)',
    ]);
  });

  it('says nothing where nothing changes', () => {
    const same = config(', verify: { url: "http://a" }', SECRETS);

    expect(effectivePolicy({ approved: same, proposed: same, environment: 'prod' }).changes).toEqual([]);
  });

  it('always asks on a first deployment', () => {
    const proposed = config(', approval: { required: false }');

    const { policy, changes } = effectivePolicy({
      approved: null,
      proposed,
      environment: 'prod',
      firstDeploy: true,
    });

    expect(policy.approval.required).toBe(true);
    expect(changes[0]).toContain('a first deployment always waits for a person');
  });

  it('takes secrets from what was approved, never from a pull request', () => {
    const proposed = config('', SECRETS);
    const approved = config('', 'projects:\n  - { dir: a, secrets: { TOKEN: { plan: mine } } }\n');

    const changed = effectivePolicy({ approved, proposed, environment: 'prod' });
    const nothingBefore = effectivePolicy({ approved: null, proposed, environment: 'prod' });
    const merged = effectivePolicy({ approved: null, proposed, environment: 'prod', firstDeploy: true });
    const newEnvironment = effectivePolicy({
      approved: defaultConfig('main'),
      proposed,
      environment: 'prod',
    });

    expect(changed.policy.secrets).toEqual({ a: { TOKEN: { plan: 'mine' } } });
    expect(nothingBefore.policy.secrets).toEqual({});
    expect(merged.policy.secrets).toEqual({ a: { TOKEN: { plan: 'stolen' } } });
    expect(newEnvironment.policy.secrets).toEqual({});
  });

  it('holds the guards for a new environment too', () => {
    const approved = config('', 'guards: { protected: ["aws_db_instance.*"] }\n');
    const proposed = parseConfig(
      'environments:\n  prod: { branch: main }\n  test: { branch: test, approval: { required: false } }\n',
    );

    const { policy, changes } = effectivePolicy({ approved, proposed, environment: 'test' });

    expect(policy.guards.protected).toEqual(['aws_db_instance.*']);
    expect(policy.approval.required).toBe(true);
    expect(changes.join()).toContain('guards.protected: ["aws_db_instance.*"] -> []');
  });

  it('names the environments there are', () => {
    expect(() => policyOf(config(''), 'prd')).toThrow(
      'There is no environment "prd" in cairn.yaml, did you mean "prod"?',
    );
    expect(() => policyOf(config(''), 'toString')).toThrow('there is prod');
  });
});
