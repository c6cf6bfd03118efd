import { ABILITY_CASES } from "./ability-cases.ts";
import { CARD_CASES } from "./card-cases.ts";
import { CONDUCT_CASES } from "./conduct-cases.ts";
import { FAILURE_CASES } from "./failure-cases.ts";
import { type ConformanceCase, createRunner } from "./kit.ts";
import { LEAVING_CASES } from "./leaving-cases.ts";
import { PEER_CASES, runPeerCase } from "./peer-cases.ts";
import type { PeerSuite } from "./peer-suite.ts";
import { REPLY_CASES } from "./reply-cases.ts";
import { SECRET_CASES } from "./secret-cases.ts";
import { SETTINGS_CASES } from "./settings-cases.ts";
import { STATUS_CASES } from "./status-cases.ts";
import { declaredMissing, type ProviderSuite } from "./suite.ts";
import { createSupportTable, type SupportTable } from "./support-table.ts";

/** One case of a suite, ready to be run. */
export interface SuiteCase {
  /** A sentence that names the promise. */
  readonly title: string;
  /** Why it is not run; undefined where it is. */
  readonly skipped: string | undefined;
  /** Rejects where the promise is broken. */
  run(): Promise<void>;
}

/** The cases of a suite, in the order in which the first failure is the cause. */
export interface SuiteCases {
  /** One case for each promise. */
  readonly cases: readonly SuiteCase[];
  /** What the provider supports, as far as the cases were run. */
  readonly table: SupportTable;
}

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

/** The cases of a provider that speaks HTTP, whose manifest is looked for from this file on. */
export function providerCases(suite: ProviderSuite, testFile: string): SuiteCases {
  const run = createRunner(suite, testFile);
  return collectCases(
    suite,
    Object.entries(GROUPS).flatMap(([group, cases]) =>
      cases.map((one) => ({ ...one, group, obstacle: one.obstacle?.(suite), run: () => run(one) })),
    ),
  );
}

/** The cases of a provider that speaks something else. */
export function peerCases(suite: PeerSuite): SuiteCases {
  return collectCases(
    suite,
    PEER_CASES.map((one) => ({ ...one, group: "promises", run: () => runPeerCase(suite, one) })),
  );
}

interface PlannedCase extends Pick<ConformanceCase, "title" | "ability"> {
  readonly group: string;
  readonly obstacle?: string | undefined;
  run(): Promise<void>;
}

function collectCases(suite: ProviderSuite | PeerSuite, planned: readonly PlannedCase[]): SuiteCases {
  const table = createSupportTable(planned.map(({ ability, group }) => ability ?? group));
  const missing = declaredMissing(suite);
  const cases = planned.map(({ title, ability, group, obstacle, run }): SuiteCase => {
    const row = ability ?? group;
    const declared = ability !== undefined && missing.has(ability);
    const skipped = declared ? declaredAs(missing.get(ability)) : obstacle;
    if (skipped !== undefined) table.skip(row, declared ? skipped : `not looked at: ${skipped}`);
    return {
      title,
      skipped,
      async run() {
        try {
          await run();
          table.add(row, "passed");
        } catch (error) {
          table.add(row, "failed");
          throw error;
        }
      },
    };
  });
  return { cases, table };
}

function declaredAs(reason: string | undefined): string {
  return reason === undefined ? "declared missing" : `declared missing: ${reason}`;
}
