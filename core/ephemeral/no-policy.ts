import type { Policy } from '../config/policy.ts';

/** It was made without asking to be kept: nobody is asked, and no guard stops what its own time ends. */
export const NO_POLICY: Policy = {
  approval: { required: false, approvers: [], notAuthor: false, within: 0 },
  rollback: 'off',
  removed: 'destroy',
  verify: null,
  build: null,
  guards: { maxDestroy: null, protected: [] },
  whileFrozen: 'refuse',
  secrets: {},
};
