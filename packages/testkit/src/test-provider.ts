type Conformance = typeof import("./conformance.ts");

// the servers of this package are for programs too, where there is no vitest to import
const conformance: Conformance | undefined =
  process.env["VITEST"] === undefined ? undefined : await import("./conformance.ts").catch(() => undefined);

/** Declares the conformance suite of a provider as tests of vitest; `@fallthrough/testkit/conformance` holds it. */
export const testProvider: Conformance["testProvider"] =
  conformance?.testProvider ?? outside("testProvider()");

/** Declares the suite of a provider that does not speak HTTP; `@fallthrough/testkit/conformance` holds it. */
export const testPeer: Conformance["testPeer"] = conformance?.testPeer ?? outside("testPeer()");

function outside(what: string): () => never {
  return () => {
    throw new Error(`${what} was called outside of vitest, expected a test file`);
  };
}
