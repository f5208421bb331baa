/**
 * What CodeBuild runs for an environment's `build`: the executor's bundle, which stands in the project's source.
 * Docker is there if the project is privileged. The workflow looks at the exit code and at `out/result.json`.
 */
export const BUILDSPEC = {
  version: '0.2',
  env: {
    shell: 'bash',
    variables: { CAIRN_JOB_DIR: '/tmp/cairn/job', CAIRN_WORK_DIR: '/tmp/cairn/work' },
  },
  phases: {
    install: { 'runtime-versions': { nodejs: '22' } },
    build: {
      commands: ['node "$CODEBUILD_SRC_DIR/fargate.mjs"'],
    },
  },
} as const;
