/** Terraform, the check or the build said no. The message is for people; it is scrubbed before it leaves. */
export class JobFailed extends Error {}

/** Cairn said no before terraform ran. */
export class JobRefused extends Error {}

/** Told to stop, or out of time. */
export class JobInterrupted extends Error {}
