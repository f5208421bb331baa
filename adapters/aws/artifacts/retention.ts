/** Tag of plan files: they hold secrets, and the bucket's lifecycle deletes what carries it after some days. */
export const PLAN_TAG = { key: 'cairn', value: 'plan' } as const;

/** The same, as S3 takes it with an object. */
export const PLAN_TAGGING = `${PLAN_TAG.key}=${PLAN_TAG.value}`;

/**
 * Days that an archive below `sources/` may have lain there before a run takes it into use: the bucket's lifecycle
 * deletes it some days later, and a run that waits for people still needs it then. To who asks for an older one
 * there is none, so it is fetched and put anew, which starts its days anew.
 */
export const FRESH_SOURCE_DAYS = 1;
