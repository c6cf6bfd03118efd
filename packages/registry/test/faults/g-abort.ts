import { type ChatProvider, chat } from "@fallthrough/core";
import { type FaultScript, httpChunk, httpResponse, startFaultServer } from "@fallthrough/testkit";
import { expect, vi } from "vitest";
import { createChain, createMemoryHealth } from "../../src/index.ts";
import { answer, fakeProvider, QUESTION } from "../fake-provider.ts";
import type { FaultRow } from "./row.ts";
import { activeTimers, allClosed, expectNoSecret, startHealthyServer } from "./socket-row.ts";
import { until } from "./until.ts";
import { deltaChunk, EVENTS_HEAD, wireProvider } from "./wire-provider.ts";

/** What the caller of a row does in which moment. */
interface Abort {
  readonly sent: string;
  readonly script: FaultScript;
  readonly scheme?: "https" | undefined;
  /** Nobody stands behind the first candidate. @default false */
  readonly alone?: boolean | undefined;
  /** What tells that the moment has come; without it the call has not begun. */
  readonly moment?: "connection" | "failure" | "bytes" | "content" | undefined;
  /** Of each attempt. */
  readonly outcomes: readonly string[];
}

const READ = { read: "request" } as const;
const ROLE = httpChunk('data: {"role":"assistant"}\n\n');
const REASON = new Error("the caller has had enough");
const ABORT_MS = 50;

/** Hands the parts on and tells when its reader asks for more than the first. */
function watched(provider: ChatProvider, onContent: () => void): ChatProvider {
  return {
    ...provider,
    async *stream(request) {
      for await (const part of provider.stream(request)) {
        yield part;
        onContent();
      }
    },
  };
}

function abortRow({ sent, script, scheme, alone, moment, outcomes }: Abort): FaultRow {
  return {
    row: 63,
    fault: "the caller aborts",
    sent,
    code: "abort",
    follows: "stop",
    async run(consume) {
      const [server, next] = await Promise.all([
        startFaultServer([script]),
        startHealthyServer("the second"),
      ]);
      const happened = new Set<Abort["moment"]>();
      const origin = scheme === undefined ? server.origin : `${scheme}://127.0.0.1:${server.port}`;
      const first = watched(wireProvider("first", origin), () => happened.add("content"));
      const second = wireProvider("second", next.origin);
      const health = createMemoryHealth();
      const chain = createChain(alone ? [first] : [first, second], {
        health,
        onAttempt: () => happened.add("failure"),
      });
      const controller = new AbortController();
      const before = activeTimers();
      if (moment === undefined) controller.abort(REASON);
      const reply = chat(chain, { ...QUESTION, signal: controller.signal });
      const consuming = consume(reply);
      if (moment === "connection") await until(() => server.connections > 0);
      else if (moment === "bytes") await until(() => server.bytesSent > 0);
      else if (moment !== undefined) await until(() => happened.has(moment));
      const aborted = performance.now();
      controller.abort(REASON);

      const { error } = await consuming;

      expect(performance.now() - aborted).toBeLessThan(ABORT_MS);
      expect(error).toBe(REASON);
      expect(reply.route.attempts.map(({ outcome }) => outcome)).toEqual(outcomes);
      expect(next.connections).toBe(0);
      expect(health.peek({ provider: "first", model: "" })).toMatchObject({ state: "well", repeats: 0 });
      expectNoSecret(reply.route);
      await Promise.all([first.close?.(), second.close?.()]);
      await allClosed(server);
      expect(activeTimers()).toBeLessThanOrEqual(before);
      await Promise.all([server.close(), next.close()]);
    },
  };
}

/** Both are due in one tick of the clock, whichever was set first. */
function sameTickRow(first: "abort" | "timeout"): FaultRow {
  return {
    row: 64,
    fault: "abort and timeout in the same tick",
    sent: `the ${first} set first`,
    code: "abort",
    follows: "stop",
    async run(consume) {
      vi.useFakeTimers();
      try {
        const silent = fakeProvider("silent", [["silence"]]);
        const next = fakeProvider("next", [answer("never")]);
        const controller = new AbortController();
        const health = createMemoryHealth();
        const chain = createChain([silent, next], { health, timeouts: { firstChunkMs: 100 } });
        const abortSoon = (): unknown => setTimeout(() => controller.abort(REASON), 100);
        if (first === "abort") abortSoon();
        const reply = chat(chain, { ...QUESTION, signal: controller.signal });
        const consuming = consume(reply);
        await vi.advanceTimersByTimeAsync(0);
        if (first === "timeout") abortSoon();

        await vi.advanceTimersByTimeAsync(200);

        expect((await consuming).error).toBe(REASON);
        expect(reply.route.attempts.map(({ outcome }) => outcome)).toEqual(["aborted"]);
        expect(next.requests).toEqual([]);
        expect(health.peek({ provider: "silent", model: "silent-model" }).state).toBe("well");
        expect(vi.getTimerCount()).toBe(0);
      } finally {
        vi.useRealTimers();
      }
    },
  };
}

/** What a caller's abort does, and does not do. */
export const ABORT_ROWS: readonly FaultRow[] = [
  ...(
    [
      { sent: "before the call", script: [READ], outcomes: [] },
      {
        sent: "in the TLS handshake",
        script: [{ hold: true }],
        scheme: "https",
        moment: "connection",
        outcomes: ["aborted"],
      },
      {
        sent: "in the back-off",
        script: [READ, { send: httpResponse({ status: 500 }) }, { hold: true }],
        alone: true,
        moment: "failure",
        outcomes: ["failed"],
      },
      {
        sent: "in the preamble",
        script: [READ, { send: Buffer.concat([EVENTS_HEAD, ROLE]) }, { hold: true }],
        moment: "bytes",
        outcomes: ["aborted"],
      },
      {
        sent: "after content",
        script: [READ, { send: Buffer.concat([EVENTS_HEAD, deltaChunk("half ")]) }, { hold: true }],
        moment: "content",
        outcomes: ["aborted"],
      },
    ] satisfies Abort[]
  ).map(abortRow),
  sameTickRow("abort"),
  sameTickRow("timeout"),
];
