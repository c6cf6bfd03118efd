import { callerFile } from "./conformance/caller-file.ts";
import type { PeerSuite } from "./conformance/peer-suite.ts";
import type { ProviderSuite } from "./conformance/suite.ts";
import { peerCases, providerCases, type SuiteCases } from "./conformance/suite-cases.ts";
import type { TestRunner } from "./conformance/test-runner.ts";

export type { Peer, PeerBehaviour, PeerSuite } from "./conformance/peer-suite.ts";
export type {
  Ability,
  Declaration,
  ProviderSuite,
  SuiteExchange,
  SuiteExchanges,
  ToolCallSuite,
} from "./conformance/suite.ts";
export type { TestRunner } from "./conformance/test-runner.ts";

const TIMEOUT_MS = 20_000;

/**
 * Declares the conformance suite of a provider as tests of the runner whose `describe` and `test` it is given: vitest,
 * node:test, bun:test or jest.
 *
 * It runs over real sockets on loopback. An ability that is declared missing is reported as skipped, and so is what
 * cannot be looked at. The last test prints a table of what the provider supports.
 *
 * @example
 * testProvider(
 *   { create: createPizzagpt, exchanges: [readRecording(file)], reply: "Ciao!", declare: { tools: "the site has none" } },
 *   { describe, test },
 * );
 */
export function testProvider(suite: ProviderSuite, runner: TestRunner): void {
  const { create } = suite;
  declareCases(providerCases(suite, callerFile(testProvider)), () => create().name, runner);
}

/**
 * Declares the conformance suite of a provider that speaks something else than HTTP, a WebSocket for example, or that
 * starts a program. The test itself plays the other end.
 *
 * @example
 * testPeer({ start: startParrot, reply: "Polly wants a cracker" }, { describe, test });
 */
export function testPeer(suite: PeerSuite, runner: TestRunner): void {
  declareCases(peerCases(suite), () => "the provider", runner);
}

function declareCases({ cases, table }: SuiteCases, nameOf: () => string, runner: TestRunner): void {
  const { describe, test } = runner;
  describe("conformance", () => {
    for (const { title, skipped, run } of cases) {
      if (skipped === undefined) test(title, run, TIMEOUT_MS);
      else test.skip(title, () => {});
    }
    test(
      "the table of abilities is printed",
      async () => {
        process.stdout.write(table.format(`${nameOf()} supports`));
      },
      TIMEOUT_MS,
    );
  });
}
