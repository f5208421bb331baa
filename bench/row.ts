/** One line of the benchmark table. */
export interface Row {
  name: string;
  /** What was measured, with its unit. */
  measured: string;
  /** What it is compared with, measured in the same run. */
  reference: string;
  /** measured / reference. */
  ratio: number;
  /** What the ratio (or the measured value) has to be, for people. */
  target: string;
  ok: boolean;
}
