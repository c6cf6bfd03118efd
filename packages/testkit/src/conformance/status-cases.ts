import type { ChatErrorCode } from "@fallthrough/core";
import { expect } from "vitest";
import { httpResponse } from "../http-message.ts";
import { failureOf, readParts } from "./ask.ts";
import { type ConformanceCase, failureBy } from "./kit.ts";

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

const answer = (status: number, headers: Readonly<Record<string, string>> = {}): Buffer =>
  httpResponse({
    status,
    headers: status === 204 ? {} : { ...JSON_TYPE, ...headers },
    body: status === 204 ? "" : '{"message":"no answer today"}',
  });

/** What a provider makes of an answer that is no success. */
export const STATUS_CASES: readonly ConformanceCase[] = [
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
];
