declare module 'asl-validator' {
  interface Options {
    checkPaths: boolean;
    checkArn: boolean;
  }
  /** Writes `QueryLanguage` into the states of `definition`: give it a copy. */
  export default function validate(
    definition: unknown,
    options?: Options,
  ): { isValid: boolean; errorsText(separator?: string): string };
}
