import { ABILITY_CASES } from "./conformance/ability-cases.ts";
import { callerFile } from "./conformance/caller-file.ts";
import { CARD_CASES } from "./conformance/card-cases.ts";
import { CONDUCT_CASES } from "./conformance/conduct-cases.ts";
import { FAILURE_CASES } from "./conformance/failure-cases.ts";
import { type ConformanceCase, createRunner } from "./conformance/kit.ts";
import { LEAVING_CASES } from "./conformance/leaving-cases.ts";
import { PEER_CASES, runPeerCase } from "./conformance/peer-cases.ts";
import type { PeerSuite } from "./conformance/peer-suite.ts";
import { REPLY_CASES } from "./conformance/reply-cases.ts";
import { SECRET_CASES } from "./conformance/secret-cases.ts";
import { SETTINGS_CASES } from "./conformance/settings-cases.ts";
import { STATUS_CASES } from "./conformance/status-cases.ts";
import { declaredMissing, type ProviderSuite } from "./conformance/suite.ts";
import { createSupportTable } from "./conformance/support-table.ts";
import type { TestRunner } from "./conformance/test-runner.ts";

export type { Peer, PeerBehaviour, PeerSuite } from "./conformance/peer-suite.ts";
export type { Ability, ProviderSuite, SuiteExchange } from "./conformance/suite.ts";
export type { TestRunner } from "./conformance/test-runner.ts";

const GROUPS: Readonly<Record<string, readonly ConformanceCase[]>> = {
  card: CARD_CASES,
  settings: SETTINGS_CASES,
  reply: REPLY_CASES,
  conduct: CONDUCT_CASES,
  "abort and clean-up": LEAVING_CASES,
  failures: [...STATUS_CASES, ...FAILURE_CASES],
  secrets: SECRET_CASES,
  abilities: ABILITY_CASES,
};
const TIMEOUT_MS = 20_000;

/**
 * Declares the conformance suite of a provider as tests of the runner whose `describe` and `test` it is given: vitest,
 * node:test, bun:test or jest.
 *
 * It runs over real sockets on loopback. An ability that is declared missing is reported as skipped, and nothing else
 * is. The last test prints a table of what the provider supports.
 *
 * @example
 * testProvider(
 *   { create: createPizzagpt, exchanges: [readRecording(file)], reply: "Ciao!", declare: ["tools"] },
 *   { describe, test },
 * );
 */
export function testProvider(suite: ProviderSuite, { describe, test }: TestRunner): void {
  const table = createSupportTable();
  const run = createRunner(suite, callerFile(testProvider));
  const missing = declaredMissing(suite);

  function declareTest(conformanceCase: ConformanceCase, group: string): void {
    const { title, ability } = conformanceCase;
    if (ability !== undefined && missing.includes(ability)) {
      table.add(ability, "missing");
      test.skip(title, () => {});
      return;
    }
    test(
      title,
      async () => {
        try {
          await run(conformanceCase);
          table.add(ability ?? group, "passed");
        } catch (error) {
          table.add(ability ?? group, "failed");
          throw error;
        }
      },
      TIMEOUT_MS,
    );
  }

  describe("conformance", () => {
    for (const [group, cases] of Object.entries(GROUPS)) {
      for (const conformanceCase of cases) declareTest(conformanceCase, group);
    }
    test(
      "the table of abilities is printed",
      async () => {
        process.stdout.write(table.format(`${suite.create().name} supports`));
      },
      TIMEOUT_MS,
    );
  });
}

/**
 * Declares the conformance suite of a provider that speaks something else than HTTP, a WebSocket for example, or that
 * starts a program. The test itself plays the other end.
 *
 * @example
 * testPeer({ start: startParrot, reply: "Polly wants a cracker" }, { describe, test });
 */
export function testPeer(suite: PeerSuite, { describe, test }: TestRunner): void {
  describe("conformance", () => {
    for (const one of PEER_CASES) test(one.title, () => runPeerCase(suite, one), TIMEOUT_MS);
  });
}
