/** Declares one test; a runner that knows no timeout ignores it. */
type DeclareTest = (title: string, run: () => Promise<void>, timeoutMs: number) => unknown;

/** What the suite needs of a test runner; vitest, node:test, bun:test and jest export both. */
export interface TestRunner {
  /** Declares a group of tests. */
  readonly describe: (title: string, declare: () => void) => unknown;
  /** Declares a test, and with `skip` one that is not run. */
  readonly test: DeclareTest & { readonly skip: (title: string, run: () => void) => unknown };
}
