import { afterAll, describe, expect, test } from "vitest";
import { ABILITY_CASES } from "./conformance/ability-cases.ts";
import { CARD_CASES } from "./conformance/card-cases.ts";
import { FAILURE_CASES } from "./conformance/failure-cases.ts";
import { type ConformanceCase, createRunner } from "./conformance/kit.ts";
import { LEAVING_CASES } from "./conformance/leaving-cases.ts";
import { PEER_CASES, runPeerCase } from "./conformance/peer-cases.ts";
import type { PeerSuite } from "./conformance/peer-suite.ts";
import { REPLY_CASES } from "./conformance/reply-cases.ts";
import { SECRET_CASES } from "./conformance/secret-cases.ts";
import { STATUS_CASES } from "./conformance/status-cases.ts";
import { declaredMissing, type ProviderSuite } from "./conformance/suite.ts";
import { createSupportTable } from "./conformance/support-table.ts";

export type { Peer, PeerBehaviour, PeerSuite } from "./conformance/peer-suite.ts";
export type { Ability, ProviderSuite, SuiteExchange } from "./conformance/suite.ts";

const GROUPS: Readonly<Record<string, readonly ConformanceCase[]>> = {
  card: CARD_CASES,
  reply: REPLY_CASES,
  failures: [...STATUS_CASES, ...FAILURE_CASES],
  "abort and clean-up": LEAVING_CASES,
  secrets: SECRET_CASES,
};
const TIMEOUT_MS = 20_000;

/**
 * Declares the conformance suite of a provider as tests of vitest.
 *
 * It runs over real sockets on loopback. An ability that is declared missing is reported as skipped; nothing else
 * may be. Behind the last test a table says what the provider supports.
 *
 * @example
 * testProvider({ create: createPizzagpt, exchanges: [readRecording(file)], reply: "Ciao!", declare: ["tools"] });
 */
export function testProvider(suite: ProviderSuite): void {
  const table = createSupportTable();
  const run = createRunner(suite);
  const missing = declaredMissing(suite);

  function declareTest(conformanceCase: ConformanceCase, group: string): void {
    const { title, ability } = conformanceCase;
    test(title, { timeout: TIMEOUT_MS }, async (context) => {
      if (ability !== undefined && missing.includes(ability)) {
        expect(claims(suite, ability), `what the card says of \`${ability}\``).not.toContain(true);
        table.add(ability, "missing");
        context.skip("declared missing");
      }
      try {
        await run(conformanceCase, context.task.file.filepath);
        table.add(ability ?? group, "passed");
      } catch (error) {
        table.add(ability ?? group, "failed");
        throw error;
      }
    });
  }

  describe("conformance", () => {
    for (const [group, cases] of Object.entries(GROUPS)) {
      for (const conformanceCase of cases) declareTest(conformanceCase, group);
    }
    for (const conformanceCase of ABILITY_CASES) declareTest(conformanceCase, "abilities");

    afterAll(() => {
      process.stdout.write(table.format(`${suite.create().name} supports`));
    });
  });
}

/**
 * Declares the conformance suite of a provider that speaks something else than HTTP, a WebSocket for example, or that
 * starts a program. The test itself plays the other end.
 *
 * @example
 * testPeer({ start: startParrot, reply: "Polly wants a cracker" });
 */
export function testPeer(suite: PeerSuite): void {
  describe("conformance", () => {
    for (const one of PEER_CASES) test(one.title, { timeout: TIMEOUT_MS }, () => runPeerCase(suite, one));
  });
}

function claims(suite: ProviderSuite, ability: NonNullable<ConformanceCase["ability"]>): readonly unknown[] {
  return suite.create().models.map(({ capabilities }) => capabilities?.[ability]);
}
