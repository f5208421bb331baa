/** Variable with the folder that stacks are synthesized into, by whichever test needs them first. */
export const SYNTH_FOLDER = 'CAIRN_TEST_SYNTH';
