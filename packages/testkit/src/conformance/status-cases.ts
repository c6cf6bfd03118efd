import type { ChatErrorCode } from "@fallthrough/core";
import { httpResponse } from "../http-message.ts";
import { failureOf, readParts, reasonOf } from "./ask.ts";
import { equals, holds } from "./check.ts";
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
  {
    title: "a failure of the server is no success",
    async run(kit) {
      const { provider } = await kit.stage({ script: () => [{ send: answer(500) }] });

      await reasonOf(kit.ask(provider), "the call");
    },
  },
  {
    title: "a failure is a ChatError that names the provider",
    async run(kit) {
      for (const script of [() => [{ send: answer(500) }], () => [{ end: "rst" } as const]]) {
        const { provider } = await kit.stage({ script, settings: { id: "id-of-the-suite" } });
        const failure = await failureOf(readParts(provider, kit.request()), "the call");

        equals(failure.provider, "id-of-the-suite", "the provider of the failure");
        holds(
          failure.message.startsWith("[id-of-the-suite] "),
          `the message does not begin with the id of the provider: ${failure.message}`,
        );
      }
    },
  },
  ...Object.entries(STATUS_CODES).map(
    ([status, code]): ConformanceCase => ({
      title: `status ${status} is \`${code}\``,
      async run(kit) {
        const failure = await failureBy(kit, () => [{ send: answer(Number(status)) }]);

        equals(failure.code, code, "the code of the failure");
        equals(failure.status, Number(status), "the status of the failure");
      },
    }),
  ),
  {
    title: "a failure of the first step is told as what it is",
    async run(kit) {
      const script = () => [{ send: answer(429) }];
      const { provider } = await kit.stage({ script, step: "first" });

      const failure = await failureOf(kit.ask(provider), "the call");
      equals(failure.code, "rate-limit", "the code of the failure");
    },
  },
  {
    title: "`Retry-After` is told, in seconds and as a date",
    async run(kit) {
      const seconds = await failureBy(kit, () => [{ send: answer(429, { "retry-after": "7" }) }]);
      const inAMinute = new Date(Date.now() + 60_000).toUTCString();
      const date = await failureBy(kit, () => [{ send: answer(429, { "retry-after": inAMinute }) }]);

      equals(seconds.retryAfterMs, 7000, "`retryAfterMs`");
      const { retryAfterMs = 0 } = date;
      holds(
        retryAfterMs > 50_000 && retryAfterMs <= 60_000,
        `\`retryAfterMs\` is ${retryAfterMs}, expected about a minute`,
      );
    },
  },
];
