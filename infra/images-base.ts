/**
 * What the images are built on, by digest: the same today and in a year, until somebody renews it. To renew, ask
 * the registry for what the tag names now and put the digest here; the next deployment builds anew:
 *
 *     docker buildx imagetools inspect public.ecr.aws/docker/library/node:24-bookworm-slim
 *     docker buildx imagetools inspect public.ecr.aws/lambda/nodejs:24
 *
 * All of them are in Amazon's public registry, which builds in an account reach without a login.
 */
export const BASES = {
  executor: {
    // An index: the same digest for both.
    arm64:
      'public.ecr.aws/docker/library/node:24-bookworm-slim@sha256:6f7b03f7c2c8e2e784dcf9295400527b9b1270fd37b7e9a7285cf83b6951452d',
    x86_64:
      'public.ecr.aws/docker/library/node:24-bookworm-slim@sha256:6f7b03f7c2c8e2e784dcf9295400527b9b1270fd37b7e9a7285cf83b6951452d',
  },
  lambda: {
    arm64:
      'public.ecr.aws/lambda/nodejs:24-arm64@sha256:f04cd4c199f7237792c112ac4bb71e41fb0f51bf975e03103854d94b4ea1b5ac',
    x86_64:
      'public.ecr.aws/lambda/nodejs:24@sha256:19c9ce8d55c18e32fd4df26c4db582b8711297f73ca68860e541ee0715111490',
  },
} as const;
