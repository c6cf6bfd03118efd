import { type FaultScript, httpResponse, startFaultServer } from "@fallthrough/testkit";
import { expect } from "vitest";
import { type ChainExhaustedError, createMemoryHealth } from "../../src/index.ts";
import { chainRow } from "./chain-row.ts";
import type { FaultRow } from "./row.ts";
import { socketRow } from "./socket-row.ts";
import { eventsAnswer } from "./wire-provider.ts";

const READ = { read: "request" } as const;
/** One request for each connection. */
const CLOSE = { connection: "close" };
const HOUR = 60 * 60 * 1000;
const OK: FaultScript = [READ, { send: eventsAnswer("p1", " answers") }];

/** Its body is `{}` unless given. */
type Answer = readonly [status: number, headers?: Record<string, string>, body?: string];

/** Answers one request after another with these statuses. */
function statuses(...answers: readonly Answer[]): FaultScript {
  return answers.flatMap(([status, headers, body = "{}"]) => [
    READ,
    { send: httpResponse({ status, headers: { "content-type": "application/json", ...headers }, body }) },
  ]);
}

/** A 429 rules its model out for so long, by a clock that stands still and without jitter. */
function coolingRow(
  row: 17 | 18,
  sent: string,
  answer: Answer | (() => Answer),
  expectedMs: number,
): FaultRow {
  const fault = row === 17 ? "429 with Retry-After" : "429 without a header, daily-quota body";
  return {
    row,
    fault,
    sent,
    code: "rate-limit",
    follows: "next",
    async run(consume) {
      const health = createMemoryHealth({ now: () => 0, random: () => 0.5 });
      const trial = chainRow(
        { row, fault, sent, code: "rate-limit", follows: "next" },
        {
          servers: [[statuses(typeof answer === "function" ? answer() : answer)]],
          options: { health },
          async check({ ask }) {
            const { text, attempts } = await ask();

            expect(text).toBe("healthy 1 answers");
            expect(attempts).toEqual(["p1:failed:rate-limit", "p2:answered"]);
            const { state, remainingMs } = health.peek({ provider: "p1", model: "" });
            expect(state).toBe(expectedMs === 30_000 ? "cooling" : "refused");
            expect(Math.abs(remainingMs - expectedMs)).toBeLessThan(5_000);
          },
        },
      );
      await trial.run(consume);
    },
  };
}

/** Redirects in which another origin is named: it must receive nothing. */
function crossOriginRow(status: number): FaultRow {
  const row = {
    row: 25,
    fault: "redirects",
    sent: `${status} to another origin`,
    code: "blocked",
    follows: "next",
  } as const;
  return {
    ...row,
    async run(consume) {
      const other = await startFaultServer([[{ hold: true }]]);
      const location = `${other.origin}/chat`;
      const scripts = [[READ, { send: httpResponse({ status, headers: { location } }) }]] as const;

      await socketRow({ ...row, scripts })
        .run(consume)
        .finally(() => other.close());

      expect(other.connections).toBe(0);
    },
  };
}

/** Faults of status and headers that take several calls, several servers or a look at the health. */
export const POLICY_ROWS: readonly FaultRow[] = [
  chainRow(
    {
      row: 10,
      fault: "RST on a reused keep-alive socket, POST",
      sent: "RST on the second request",
      code: "-",
      follows: "answer",
    },
    {
      servers: [[[...OK, READ, { end: "rst" }], OK]],
      async check({ ask, servers: [first, second] }) {
        await ask();
        const { text, attempts } = await ask();

        expect(text).toBe("p1 answers");
        expect(attempts).toEqual(["p1:answered"]);
        expect(first?.connections).toBe(2);
        expect(second?.connections).toBe(0);
      },
    },
  ),
  chainRow(
    {
      row: 10,
      fault: "RST on a reused keep-alive socket, POST",
      sent: "RST on the retry too",
      code: "network",
      follows: "next",
    },
    {
      servers: [
        [
          [...OK, READ, { end: "rst" }],
          [READ, { end: "rst" }],
        ],
      ],
      async check({ ask, servers: [first] }) {
        await ask();
        const { text, attempts } = await ask();

        expect(text).toBe("healthy 1 answers");
        expect(attempts).toEqual(["p1:failed:network", "p2:answered"]);
        expect(first?.connections).toBe(2);
      },
    },
  ),
  coolingRow(17, "`Retry-After: 2`", [429, { "retry-after": "2" }], 2_000),
  coolingRow(
    17,
    "an HTTP date in a minute",
    // a date of the moment in which it is sent
    () => [429, { "retry-after": new Date(Date.now() + 60_000).toUTCString() }],
    60_000,
  ),
  coolingRow(17, "`retry-after-ms: 1500`", [429, { "retry-after-ms": "1500" }], 1_500),
  coolingRow(17, "`Retry-After: -1`", [429, { "retry-after": "-1" }], 30_000),
  coolingRow(17, "`Retry-After: abc`", [429, { "retry-after": "abc" }], 30_000),
  coolingRow(17, "10 years", [429, { "retry-after": "315360000" }], 24 * HOUR),
  coolingRow(
    18,
    "a quota that resets in 5 h",
    [429, {}, JSON.stringify({ quotaResetMs: 5 * HOUR })],
    5 * HOUR,
  ),
  chainRow(
    { row: 21, fault: "400", sent: "400 from provider 1 only", code: "bad-request", follows: "next" },
    {
      servers: [[statuses([400])]],
      async check({ ask }) {
        const { text, attempts } = await ask();

        expect(text).toBe("healthy 1 answers");
        expect(attempts).toEqual(["p1:failed:bad-request", "p2:answered"]);
      },
    },
  ),
  chainRow(
    { row: 21, fault: "400", sent: "400 from 1 and 2", code: "bad-request", follows: "next" },
    {
      servers: [[statuses([400])], [statuses([422])]],
      async check({ ask }) {
        const { text, attempts } = await ask();

        expect(text).toBe("healthy 1 answers");
        expect(attempts).toEqual(["p1:failed:bad-request", "p2:failed:bad-request", "p3:answered"]);
      },
    },
  ),
  chainRow(
    { row: 21, fault: "400", sent: "400 from all", code: "bad-request", follows: "stop" },
    {
      servers: [[statuses([400])], [statuses([422])], [statuses([400])]],
      healthy: 0,
      async check({ ask }) {
        const { error, attempts } = await ask();

        expect(error).toMatchObject({ code: "bad-request" });
        expect((error as ChainExhaustedError).errors.map(({ status }) => status)).toEqual([400, 422, 400]);
        expect(attempts).toEqual(["p1:failed:bad-request", "p2:failed:bad-request", "p3:failed:bad-request"]);
      },
    },
  ),
  chainRow(
    { row: 22, fault: "500 alone", sent: "500, then an answer", code: "-", follows: "answer" },
    {
      servers: [[[...statuses([500]), ...OK]]],
      healthy: 0,
      async check({ ask }) {
        const { text, attempts } = await ask();

        expect(text).toBe("p1 answers");
        expect(attempts).toEqual(["p1:failed:server", "p1:answered"]);
      },
    },
  ),
  chainRow(
    { row: 22, fault: "500 alone", sent: "500 always", code: "server", follows: "stop" },
    {
      servers: [[statuses([500], [500], [500])]],
      healthy: 0,
      async check({ ask, servers: [first] }) {
        const { error, attempts } = await ask();

        expect(error).toMatchObject({ code: "server" });
        expect(attempts).toEqual(["p1:failed:server", "p1:failed:server"]);
        expect(first?.requests.length).toBe(2);
      },
    },
  ),
  chainRow(
    { row: 19, fault: "refused", sent: "401, answered with a new session", code: "-", follows: "answer" },
    {
      servers: [[statuses([401, CLOSE]), statuses([200, CLOSE]), OK]],
      settings: { renews: true },
      async check({ ask, servers: [first] }) {
        const { text, attempts } = await ask();

        expect(text).toBe("p1 answers");
        expect(attempts).toEqual(["p1:answered"]);
        expect(first?.requests.map(({ path }) => path)).toEqual(["/chat", "/session", "/chat"]);
      },
    },
  ),
  chainRow(
    { row: 19, fault: "refused", sent: "401, also with a new session", code: "auth", follows: "next" },
    {
      servers: [[statuses([401, CLOSE]), statuses([200, CLOSE]), statuses([401])]],
      settings: { renews: true },
      async check({ ask, servers: [first] }) {
        const { text, attempts } = await ask();

        expect(text).toBe("healthy 1 answers");
        expect(attempts).toEqual(["p1:failed:auth", "p2:answered"]);
        expect(first?.requests.length).toBe(3);
      },
    },
  ),
  ...[301, 302, 307, 308].map(crossOriginRow),
];
