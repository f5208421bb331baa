/** Sources of the events on Cairn's bus; rules match them, and what reads a queue tells by them who asks. */
export const REQUESTS_SOURCE = 'cairn.requests';
export const STATUS_SOURCE = 'cairn.status';
/** Workflows of GitHub Actions, each with a role that may put nothing else. */
export const ACTIONS_SOURCE = 'cairn.actions';
