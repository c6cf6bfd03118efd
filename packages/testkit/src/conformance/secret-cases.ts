import { inspect } from "node:util";
import { chat } from "@fallthrough/core";
import type { FaultScript } from "../fault-server.ts";
import { httpResponse } from "../http-message.ts";
import type { RecordedResponse } from "../recording.ts";
import type { ReceivedRequest } from "../request-reader.ts";
import { withBody } from "./answer-bytes.ts";
import { whereAnyTextIsAnAnswer } from "./any-text-answer.ts";
import { readParts, reasonOf } from "./ask.ts";
import { equals, holds } from "./check.ts";
import type { ConformanceCase } from "./kit.ts";

const PROMPT = "the prompt that nobody else may read";
const SECRETS = { token: "token/of+the=suite", key: "key-of-the-suite", cookie: "cookie-of-the-suite" };
const SETTINGS = {
  headers: { authorization: `Bearer ${SECRETS.token}`, "x-api-key": SECRETS.key },
  cookies: { session: SECRETS.cookie },
};

const SECRET_FORMS = Object.values(SECRETS).flatMap((secret) => [
  secret,
  encodeURIComponent(secret),
  Buffer.from(secret).toString("base64"),
]);

type Echo = (response: RecordedResponse, request: ReceivedRequest) => FaultScript;

/** Answers of servers that repeat what they were sent. */
const ECHOES: Readonly<Record<string, Echo>> = {
  "a refused request": (_, request) => [{ send: jsonEcho(400, request) }],
  "a refused key": (_, request) => [{ send: jsonEcho(401, request) }],
  "a broken server": (_, request) => [{ send: jsonEcho(500, request) }],
  "an unreadable answer": (response, request) => [{ send: withBody(response, `oops ${echoOf(request)}`) }],
  "a page": (_, request) => [
    { send: httpResponse({ headers: { "content-type": "text/html" }, body: `<html>${echoOf(request)}` }) },
  ],
  "a lost connection": () => [{ end: "rst" }],
};

/** What never stands in an address or an error. */
export const SECRET_CASES: readonly ConformanceCase[] = [
  {
    title: "no key is part of an address",
    async run(kit) {
      const { provider, server } = await kit.stage({ settings: SETTINGS });
      await Promise.allSettled([kit.ask(provider)]);
      const told = server.requests.filter(({ path }) => SECRET_FORMS.some((form) => path.includes(form)));

      equals(
        told.map(({ method }) => method),
        [],
        "the list of requests with a key in their address",
      );
    },
  },
  ...Object.entries(ECHOES).map(
    ([what, script]): ConformanceCase => ({
      title: `no secret and no prompt stands in the error of ${what}`,
      obstacle: what === "an unreadable answer" ? whereAnyTextIsAnAnswer : undefined,
      async run(kit) {
        const { provider } = await kit.stage({ script, settings: SETTINGS });
        const request = kit.request({ messages: [{ role: "user", content: PROMPT }] });
        const told = tellAll(await reasonOf(chat(provider, request).result(), "the call"));
        const thrown = tellAll(await reasonOf(readParts(provider, request), "the call"));

        equals(
          SECRET_FORMS.filter((form) => (told + thrown).includes(form)),
          [],
          "the list of secrets in the error",
        );
        // what a server quotes of the prompt, the guard around every provider takes out
        holds(!told.includes(PROMPT), "the error quotes the prompt");
      },
    }),
  ),
];

function tellAll(error: unknown): string {
  return `${inspect(error, { depth: 10 })} ${JSON.stringify(error)} ${(error as Error).stack}`;
}

function jsonEcho(status: number, request: ReceivedRequest): Buffer {
  const body = JSON.stringify({ error: { message: `cannot serve ${echoOf(request)}` } });
  return httpResponse({ status, headers: { "content-type": "application/json" }, body });
}

function echoOf({ headers, body }: ReceivedRequest): string {
  const { authorization, cookie, "x-api-key": key } = headers;
  return `${PROMPT} ${authorization} ${key} ${cookie} ${body}`;
}
