import { chat } from "@fallthrough/core";
import type { FaultScript } from "../fault-server.ts";
import { loadText } from "../fixture.ts";
import { httpResponse } from "../http-message.ts";
import type { RecordedResponse } from "../recording.ts";
import { cutBody, responseOf, wireStart, withBody, withErrorInside } from "./answer-bytes.ts";
import { whereAnyTextIsAnAnswer } from "./any-text-answer.ts";
import { inTime, reasonOf } from "./ask.ts";
import { equals, holds, matches, oneOf } from "./check.ts";
import { type ConformanceCase, failureBy } from "./kit.ts";

const HTML_TYPE = { "content-type": "text/html; charset=utf-8" };
const CHALLENGE = loadText("synthetic-challenge.html");
const LOGIN = "<!doctype html><html><head><title>Log in</title></head><body><form></form></body></html>";

/** Pages for people, by how they are served. */
const PAGES: Readonly<Record<string, (response: RecordedResponse) => Buffer>> = {
  "a challenge with status 200": () => httpResponse({ headers: HTML_TYPE, body: CHALLENGE }),
  "a challenge with status 403": () => httpResponse({ status: 403, headers: HTML_TYPE, body: CHALLENGE }),
  "a login page with status 200": () => httpResponse({ headers: HTML_TYPE, body: LOGIN }),
  "a redirect to a login page": () => httpResponse({ status: 302, headers: { location: "/login" } }),
};

const CUTS: Readonly<Record<string, (response: RecordedResponse) => FaultScript>> = {
  "by a reset": (response) => [{ send: wireStart(response).start }, { wait: 30 }, { end: "rst" }],
  // framed anew, because the end of the connection may be the end of an answer without a length
  "by the end of the connection": (response) => [
    { send: wireStart(responseOf(withBody(response, response.body))).start },
    { end: "fin" },
  ],
  "at a clean end": (response) => [{ send: withBody(response, cutBody(response)) }],
};

/** What a provider makes of an answer that is broken behind its status. */
export const FAILURE_CASES: readonly ConformanceCase[] = [
  ...Object.entries(PAGES).map(
    ([what, page]): ConformanceCase => ({
      title: `${what} is \`blocked\`, never an answer`,
      async run(kit) {
        const failure = await failureBy(kit, (response) => [{ send: page(response) }]);

        equals(failure.code, "blocked", "the code of the failure");
      },
    }),
  ),
  {
    title: "a page under the answer's own content type is never an answer",
    async run(kit) {
      const failure = await failureBy(kit, (response) => [{ send: withBody(response, LOGIN) }]);

      oneOf(failure.code, ["blocked", "server"], "the code of the failure");
    },
  },
  {
    title: "an empty answer is `empty`, never a success",
    async run(kit) {
      const failure = await failureBy(kit, (response) => [{ send: withBody(response, "") }]);

      equals(failure.code, "empty", "the code of the failure");
    },
  },
  {
    title: "an answer of another kind is no success",
    obstacle: whereAnyTextIsAnAnswer,
    async run(kit) {
      const failure = await failureBy(kit, (response) => [{ send: withBody(response, "no such thing") }]);

      oneOf(failure.code, ["protocol", "server", "interrupted"], "the code of the failure");
    },
  },
  {
    title: "an error inside a success status is no answer",
    obstacle: whereAnyTextIsAnAnswer,
    async run(kit) {
      const failure = await failureBy(kit, (response) => [{ send: withErrorInside(response) }]);

      holds(failure.code !== "contract", failure.message);
      equals(failure.partial, undefined, "the partial answer of the failure");
    },
  },
  ...Object.entries(CUTS).map(
    ([how, script]): ConformanceCase => ({
      title: `an answer that is cut ${how} is no success`,
      ability: how === "at a clean end" ? "endMarker" : undefined,
      async run(kit) {
        const failure = await failureBy(kit, script);

        oneOf(failure.code, ["interrupted", "network", "protocol", "empty"], "the code of the failure");
        if (failure.partial !== undefined)
          equals(failure.code, "interrupted", "the code of a failure with a partial answer");
      },
    }),
  ),
  {
    title: "a connection that is reset before the answer is `network`",
    async run(kit) {
      const failure = await failureBy(kit, () => [{ end: "rst" }]);

      equals(failure.code, "network", "the code of the failure");
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
        const timeouts = { firstChunkMs: 300 + kit.plan.durationMs, chunkMs: 150 };
        const reason = await reasonOf(chat(provider, kit.request({ timeouts })).result(), "the call");

        matches(reason, { code: "timeout" }, "the failure");
        await inTime(left, "the connection was not closed");
      },
    }),
  ),
];
