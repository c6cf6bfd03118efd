import { type ChatErrorCode, chat } from "@fallthrough/core";
import { expect } from "vitest";
import type { FaultScript } from "../fault-server.ts";
import { loadText } from "../fixture.ts";
import { httpResponse } from "../http-message.ts";
import type { RecordedResponse } from "../recording.ts";
import { cutBody, wireStart, withBody, withErrorInside } from "./answer-bytes.ts";
import { failureOf, inTime, readParts, reasonOf } from "./ask.ts";
import type { ConformanceCase, Kit } from "./kit.ts";

const STATUS_CODES: Readonly<Record<number, ChatErrorCode>> = {
  204: "protocol",
  400: "bad-request",
  401: "auth",
  402: "payment",
  403: "auth",
  404: "not-found",
  408: "server",
  410: "not-found",
  413: "context-length",
  422: "bad-request",
  429: "rate-limit",
  451: "blocked",
  500: "server",
  502: "server",
  503: "server",
};

const JSON_TYPE = { "content-type": "application/json" };
const HTML_TYPE = { "content-type": "text/html; charset=utf-8" };
const CHALLENGE = loadText("synthetic-challenge.html");
const LOGIN = "<!doctype html><html><head><title>Log in</title></head><body><form></form></body></html>";

const answer = (status: number, headers: Readonly<Record<string, string>> = {}): Buffer =>
  httpResponse({
    status,
    headers: status === 204 ? {} : { ...JSON_TYPE, ...headers },
    body: status === 204 ? "" : '{"message":"no answer today"}',
  });

/** Pages for people, by how they are served. */
const PAGES: Readonly<Record<string, (response: RecordedResponse) => Buffer>> = {
  "a challenge with status 200": () => httpResponse({ headers: HTML_TYPE, body: CHALLENGE }),
  "a challenge with status 403": () => httpResponse({ status: 403, headers: HTML_TYPE, body: CHALLENGE }),
  "a login page with status 200": () => httpResponse({ headers: HTML_TYPE, body: LOGIN }),
  "a redirect to a login page": () => httpResponse({ status: 302, headers: { location: "/login" } }),
};

const CUTS: Readonly<Record<string, (response: RecordedResponse) => FaultScript>> = {
  "by a reset": (response) => [{ send: wireStart(response).start }, { wait: 30 }, { end: "rst" }],
  "by the end of the connection": (response) => [{ send: wireStart(response).start }, { end: "fin" }],
  "at a clean end": (response) => [{ send: withBody(response, cutBody(response)) }],
};

/** What a provider makes of a broken answer. */
export const FAILURE_CASES: readonly ConformanceCase[] = [
  ...Object.entries(STATUS_CODES).map(
    ([status, code]): ConformanceCase => ({
      title: `status ${status} is \`${code}\``,
      async run(kit) {
        const failure = await failureBy(kit, () => [{ send: answer(Number(status)) }]);

        expect(failure).toMatchObject({ code, status: Number(status) });
      },
    }),
  ),
  {
    title: "a failure of the first step is told as what it is",
    async run(kit) {
      const script = () => [{ send: answer(429) }];
      const { provider } = await kit.stage({ script, step: "first" });

      expect(await failureOf(kit.ask(provider), "the call")).toMatchObject({ code: "rate-limit" });
    },
  },
  {
    title: "a failure is a ChatError that names the provider",
    async run(kit) {
      for (const script of [() => [{ send: answer(500) }], () => [{ end: "rst" } as const]]) {
        const { provider } = await kit.stage({ script, settings: { id: "id-of-the-suite" } });
        const failure = await failureOf(readParts(provider, kit.request()), "the call");

        expect(failure.provider).toBe("id-of-the-suite");
        expect(failure.message).toMatch(/^\[id-of-the-suite\] /);
      }
    },
  },
  {
    title: "`Retry-After` is told, in seconds and as a date",
    async run(kit) {
      const seconds = await failureBy(kit, () => [{ send: answer(429, { "retry-after": "7" }) }]);
      const inAMinute = new Date(Date.now() + 60_000).toUTCString();
      const date = await failureBy(kit, () => [{ send: answer(429, { "retry-after": inAMinute }) }]);

      expect(seconds.retryAfterMs).toBe(7000);
      expect(date.retryAfterMs).toBeGreaterThan(50_000);
      expect(date.retryAfterMs).toBeLessThanOrEqual(60_000);
    },
  },
  ...Object.entries(PAGES).map(
    ([what, page]): ConformanceCase => ({
      title: `${what} is \`blocked\`, never an answer`,
      async run(kit) {
        const failure = await failureBy(kit, (response) => [{ send: page(response) }]);

        expect(failure.code).toBe("blocked");
      },
    }),
  ),
  {
    title: "a page under the answer's own content type is never an answer",
    async run(kit) {
      const failure = await failureBy(kit, (response) => [{ send: withBody(response, LOGIN) }]);

      expect(["blocked", "server"]).toContain(failure.code);
    },
  },
  {
    title: "an empty answer is `empty`, never a success",
    async run(kit) {
      const failure = await failureBy(kit, (response) => [{ send: withBody(response, "") }]);

      expect(failure.code).toBe("empty");
    },
  },
  {
    title: "an answer of another kind is no success",
    async run(kit) {
      const failure = await failureBy(kit, (response) => [{ send: withBody(response, "no such thing") }]);

      expect(["protocol", "server", "interrupted"]).toContain(failure.code);
    },
  },
  {
    title: "an error inside a success status is no answer",
    async run(kit) {
      const failure = await failureBy(kit, (response) => [{ send: withErrorInside(response) }]);

      expect(failure.code).not.toBe("contract");
      expect(failure.partial).toBeUndefined();
    },
  },
  ...Object.entries(CUTS).map(
    ([how, script]): ConformanceCase => ({
      title: `an answer that is cut ${how} is no success`,
      async run(kit) {
        const failure = await failureBy(kit, script);

        expect(["interrupted", "network", "protocol", "empty"]).toContain(failure.code);
        if (failure.partial !== undefined) expect(failure.code).toBe("interrupted");
      },
    }),
  ),
  {
    title: "a connection that is reset before the answer is `network`",
    async run(kit) {
      const failure = await failureBy(kit, () => [{ end: "rst" }]);

      expect(failure.code).toBe("network");
    },
  },
  ...["before the answer", "in the answer"].map(
    (when): ConformanceCase => ({
      title: `silence ${when} is ended by a timer, and the socket closed`,
      async run(kit) {
        const { provider, left } = await kit.stage({
          script: (response) =>
            when === "before the answer"
              ? [{ hold: true }]
              : [{ send: wireStart(response).start }, { hold: true }],
        });
        const timeouts = { firstChunkMs: 300, chunkMs: 150 };
        const reason = await reasonOf(chat(provider, kit.request({ timeouts })).result(), "the call");

        expect(reason).toMatchObject({ code: "timeout" });
        await inTime(left, "the connection was not closed");
      },
    }),
  ),
];

/** What a caller gets when this takes the place of the answer. */
async function failureBy(
  kit: Kit,
  script: (response: RecordedResponse) => FaultScript,
): ReturnType<typeof failureOf> {
  const { provider } = await kit.stage({ script });
  return failureOf(kit.ask(provider), "the call");
}
