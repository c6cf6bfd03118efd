type Conformance = typeof import("./conformance.ts");

// the servers of this package are for programs too, where there is no vitest to import
const conformance: Conformance | undefined =
  process.env["VITEST"] === undefined ? undefined : await import("./conformance.ts").catch(() => undefined);

/** Declares the conformance suite of a provider as tests of vitest; `@fallthrough/testkit/conformance` holds it. */
export const testProvider: Conformance["testProvider"] =
  conformance?.testProvider ??
  (() => {
    throw new Error("testProvider() was called outside of vitest, expected a test file");
  });
