import { inspect } from "node:util";
import fc from "fast-check";
import { test } from "vitest";
import type { HttpClient, HttpResponse } from "../../src/http/types.ts";
import { chat } from "../../src/reply/chat.ts";
import { collect, createToy, failing, reasonOf } from "../providers.ts";
import { answer, createClient, type Received, startServer } from "../servers.ts";
import { TRIALS, TRIALS_MS } from "./trials.ts";

/** A shared run of so many characters gives a secret away. */
const TELLING = 10;
const TELLING_OF_PROMPT = 16;

/** What an instance must keep to itself, all of it different and none of it an ordinary word. */
interface Secrets {
  readonly key: string;
  readonly token: string;
  readonly cookie: string;
  readonly session: string;
  readonly user: string;
  readonly password: string;
  readonly prompt: string;
}

const NAMES = ["key", "token", "cookie", "session", "user", "password", "prompt"] as const;

const secret = fc.string({
  unit: fc.constantFrom(..."abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789-_.~+/=!"),
  minLength: 20,
  maxLength: 60,
});
const secrets: fc.Arbitrary<Secrets> = fc.record({
  key: secret,
  token: secret,
  cookie: secret.map((value) => value.replaceAll(/[+/=!]/g, "x")),
  session: secret.map((value) => value.replaceAll(/[+/=!]/g, "y")),
  user: secret,
  password: secret,
  prompt: fc
    .string({ unit: "grapheme", minLength: 24, maxLength: 200 })
    .filter((text) => text.trim().length > 20),
});

/** The forms in which a server may give a value back. */
const FORMS: Readonly<Record<string, (value: string) => string>> = {
  plain: (value) => value,
  "url-encoded": encodeURIComponent,
  form: (value) => new URLSearchParams({ "": value }).toString().slice(1),
  base64: (value) => Buffer.from(value).toString("base64"),
  base64url: (value) => Buffer.from(value).toString("base64url"),
  json: (value) => JSON.stringify(value).slice(1, -1),
};

/** How a server says no, with what it was told in its words. */
const ANSWERS: Readonly<Record<string, (echo: string) => Buffer>> = {
  status: (echo) => answer(echo, { status: 500 }),
  challenge: (echo) =>
    answer(`<html><title>Just a moment</title>${echo}`, {
      status: 403,
      headers: { "content-type": "text/html" },
    }),
  "no JSON": (echo) => answer(echo, { headers: { "content-type": "application/json" } }),
  "cut JSON": (echo) =>
    answer(`{"a":${JSON.stringify(echo)}`, { headers: { "content-type": "application/json" } }),
  "no events": (echo) => answer(echo, { headers: { "content-type": "text/event-stream" } }),
  "one event": (echo) =>
    answer(`data: ${JSON.stringify(echo)}\n\n`, { headers: { "content-type": "text/event-stream" } }),
  "a page": (echo) => answer(`<html>${echo}`, { headers: { "content-type": "text/html" } }),
  redirect: (echo) =>
    answer("", { status: 307, headers: { location: `https://elsewhere.example/${inHeader(echo)}` } }),
  "redirect with a host": (echo) =>
    answer("", { status: 302, headers: { location: `//${encodeURIComponent(echo)}.example/` } }),
  type: (echo) => answer("x", { status: 400, headers: { "content-type": inHeader(echo) } }),
  encoding: (echo) => answer("x", { headers: { "content-encoding": inHeader(echo) } }),
  garbage: (echo) => Buffer.from(`${echo}\r\n\r\n`),
};

function inHeader(text: string): string {
  return text.replaceAll(/[^\x21-\x7e]/g, "-");
}

const READERS: Readonly<Record<string, (response: HttpResponse) => Promise<unknown>>> = {
  json: (response) => response.json(),
  events: (response) => collect(response.events()),
};

/** Everything of an error that a program may print, log or send. */
function shown(error: unknown): string {
  const texts: string[] = [];
  for (let cause = error, depth = 0; cause instanceof Error && depth < 9; cause = cause.cause, depth++) {
    texts.push(
      String(cause),
      cause.stack ?? "",
      JSON.stringify(cause),
      JSON.stringify(Object.entries(cause)),
    );
  }
  return [...texts, inspect(error, { depth: 9 }), JSON.stringify(error)].join("\n");
}

function expectHidden(text: string, value: string, telling: number): void {
  for (let start = 0; start + telling <= value.length; start += telling / 2) {
    const run = value.slice(start, start + telling).toLowerCase();
    if (text.includes(run)) throw new Error(`${run} of ${value} is in:\n${text}`);
  }
}

test(
  "whatever a server gives back of what it was told, no failure shows a secret or the prompt",
  async () => {
    let reply: (request: Received) => Buffer = () => answer("");
    let tunnel: Received["headers"] = {};
    // the server is its own proxy: what comes through the tunnel is asked of it too
    const server = await startServer((request) => {
      if (request.method === "CONNECT") {
        tunnel = request.headers;
        request.socket.write("HTTP/1.1 200 Connected\r\n\r\n");
      } else request.socket.end(reply(request));
    });
    const said = fc.shuffledSubarray([...NAMES, "request" as const], { minLength: 1 });
    const forms = fc.constantFrom(...Object.keys(FORMS));
    const kinds = fc.constantFrom(...Object.keys(ANSWERS));
    const readers = fc.constantFrom(...Object.keys(READERS));
    await fc.assert(
      fc.asyncProperty(
        secrets,
        said,
        forms,
        kinds,
        readers,
        fc.nat(90),
        async (values, names, form, kind, reader, padding) => {
          const credentials = `${encodeURIComponent(values.user)}:${encodeURIComponent(values.password)}`;
          const http = createClient(server, {
            proxy: `http://${credentials}@127.0.0.1:${server.port}`,
            headers: { "x-api-key": values.key, authorization: `Bearer ${values.token}` },
            cookies: { id: values.cookie },
          });
          http.addSecret(values.session);
          reply = ({ headers, body }) => {
            const echo = names.map((name) => {
              if (name === "request") return JSON.stringify({ ...tunnel, ...headers, body });
              return name === "prompt" ? values.prompt : FORMS[form]?.(values[name]);
            });
            return ANSWERS[kind]?.(`${"x".repeat(padding)} ${echo.join(" ")}`) ?? Buffer.alloc(0);
          };

          // host names and media types come back in lower case
          const text = shown(await reasonOf(ask(http, values.prompt, reader))).toLowerCase();
          await http.close();

          const { prompt, ...hidden } = values;
          for (const value of Object.values(hidden)) {
            for (const write of Object.values(FORMS)) expectHidden(text, write(value), TELLING);
          }
          expectHidden(text, prompt, TELLING_OF_PROMPT);
        },
      ),
      TRIALS,
    );
  },
  TRIALS_MS,
);

async function ask(http: HttpClient, prompt: string, reader: string): Promise<never> {
  const provider = createToy(async function* ({ messages, signal }) {
    const body = { prompt: String(messages[0]?.content) };
    const response = await http({ method: "POST", path: "/chat", body, signal });
    const said = await READERS[reader]?.(response);
    yield* failing(
      http.error("server", `told of ${JSON.stringify(said)}`, { cause: new Error(JSON.stringify(said)) }),
    );
  });
  await chat(provider, { messages: [{ role: "user", content: prompt }] }).result();
  throw new Error("the provider answered");
}
