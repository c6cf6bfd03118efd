import { expect, test } from "vitest";
import { ChatError } from "../../../src/errors/chat-error.ts";
import { collect, failureOf } from "../../providers.ts";
import { respond } from "../exchanges.ts";

const EVENT_STREAM = "text/event-stream";
const JSON_TYPE = "application/json; charset=utf-8";
const PAGE = "<!DOCTYPE html><title>Please log in</title>";

test("a JSON body is its value, split anywhere", async () => {
  const body = '\uFEFF {"text":"😀"}';

  expect(await respond(bytesOf(body), { type: JSON_TYPE }).json()).toEqual({ text: "😀" });
  expect(await respond([body]).json()).toEqual({ text: "😀" });
});

test("bytes that are no UTF-8 become replacement characters", async () => {
  const body = Buffer.from([0x22, 0x63, 0x61, 0x66, 0xe9, 0x22]);

  expect(await respond([body]).json()).toBe("caf\uFFFD");
});

test.each<[string, string, string | undefined, string]>([
  ["a page", PAGE, "text/html", "blocked"],
  ["a page under another type", PAGE, JSON_TYPE, "blocked"],
  ["words under the type of a page", "blocked, sorry", "text/html", "blocked"],
  ["a JSON value that was cut", '{"a":', JSON_TYPE, "interrupted"],
  ["words", "no answer today", JSON_TYPE, "protocol"],
  ["events", "data: {}\n\n", undefined, "protocol"],
  ["nothing", " \n", JSON_TYPE, "empty"],
])("%s instead of JSON is a failure that names the provider, split anywhere", async (_, body, type, code) => {
  for (const pieces of [[body], bytesOf(body)]) {
    const error = await failureOf(respond(pieces, { type }).json());

    expect(error).toMatchObject({ code, provider: "toy", phase: "preamble", status: 200 });
  }
});

test("JSON under the type of a page is read: some servers name no other", async () => {
  expect(await respond(['{"a":1}'], { type: "text/html; charset=UTF-8" }).json()).toEqual({ a: 1 });
});

test("the challenge of a CDN is seen in the head, whatever is asked of the body", async () => {
  const options = { headers: { "cf-mitigated": "challenge" }, type: JSON_TYPE };

  const errors = await Promise.all([
    failureOf(respond(["{}"], options).json()),
    failureOf(respond(["{}"], options).text()),
    failureOf(collect(respond(["data: x\n\n"], { ...options, type: EVENT_STREAM }).events())),
    failureOf(collect(respond(["{}\n"], options).lines())),
    failureOf(collect(respond(["{}"], options).bytes())),
  ]);

  expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(["blocked"]));
});

test("a page that was asked for is read as text, and a challenge page is not", async () => {
  const options = { type: "text/html", wantsPage: true };
  expect(await respond([PAGE], options).text()).toBe(PAGE);
  const challenge = respond(["<html><title>Just a moment...</title>"], options);

  expect((await failureOf(challenge.text())).code).toBe("blocked");
});

test.each([
  ["a whole page", PAGE],
  ["a login form", '<p>Who are you?</p><form><input name="p" type="password"></form>'],
])("%s is no text where none was asked for", async (_, page) => {
  const error = await failureOf(respond([page], { type: "text/html" }).text());

  expect(error).toMatchObject({ code: "blocked", provider: "toy", status: 200 });
});

test.each([
  ["text/plain", PAGE],
  ["text/html", "<b>Notice</b>: {}"],
])("text of type %s that only looks like a page is read", async (type, body) => {
  expect(await respond([body], { type }).text()).toBe(body);
});

test("events under the type of a page are events, whoever looks, split anywhere", async () => {
  const body = ": padding\n\ndata: x\n\n";
  for (const pieces of [[body], bytesOf(body)]) {
    const response = respond(pieces, { type: "text/html" });

    expect(await collect(respond(pieces, { type: "text/html" }).events())).toHaveLength(1);
    expect(await response.format()).toBe("events");
    expect(await collect(response.events())).toHaveLength(1);
  }
});

test("lines are given without their ends, blank ones left out, split anywhere", async () => {
  const body = '\uFEFF{"a":1}\n\r\n \n{"b":"\u{1F600}"}\r\nlast';
  for (const pieces of [[body], bytesOf(body)]) {
    expect(await collect(respond(pieces).lines())).toEqual(['{"a":1}', '{"b":"\u{1F600}"}', "last"]);
  }
});

test("bytes are given as they come", async () => {
  const pieces = ["<think>", "a", "", "\0"];

  const read = await collect(respond(pieces, { type: "text/plain" }).bytes());

  expect(Buffer.concat(read).toString()).toBe("<think>a\0");
});

test.each<[string, string, string | undefined, string]>([
  ["a page", `${PAGE}\n`, "text/html", "blocked"],
  ["a page under another type", `\n${PAGE}\n`, "application/x-ndjson", "blocked"],
  ["words under the type of a page", "sorry\n", "text/html", "blocked"],
  ["nothing", "", "application/x-ndjson", "empty"],
])("%s instead of lines or bytes is a failure, split anywhere", async (_, body, type, code) => {
  for (const pieces of [[body], bytesOf(body)]) {
    const errors = [
      await failureOf(collect(respond(pieces, { type }).lines())),
      await failureOf(collect(respond(pieces, { type }).bytes())),
    ];

    for (const error of errors) expect(error).toMatchObject({ code, provider: "toy", status: 200 });
  }
});

test("blank lines are no line", async () => {
  expect((await failureOf(collect(respond(["\n \r\n"]).lines()))).code).toBe("empty");
});

test.each([
  ["a line", { eventBytes: 3 }],
  ["a body", { streamBytes: 9 }],
])("%s of lines that is too long is a limit, after what came before it", async (_, limits) => {
  const read: string[] = [];
  const response = respond(["ab\n", "c\n", "much too long\n"], { limits });

  const error = await failureOf(
    (async () => {
      for await (const line of response.lines()) read.push(line);
    })(),
  );

  expect(error).toMatchObject({ code: "limit", provider: "toy" });
  expect(read).toEqual(["ab", "c"]);
});

test.each(["lines", "bytes"] as const)("what came before %s were cut is given", async (reader) => {
  const read: string[] = [];
  const failure = Object.assign(new Error("read"), { code: "ECONNRESET" });
  const response = respond(["ab\n", "cd\n"], { failure });

  const error = await failureOf(
    (async () => {
      for await (const piece of response[reader]()) read.push(Buffer.from(piece).toString().trim());
    })(),
  );

  expect(error.code).toBe("interrupted");
  expect(read).toEqual(["ab", "cd"]);
});

test("too many bytes are a limit", async () => {
  const response = respond(["ab", "cdef"], { limits: { streamBytes: 4 } });

  expect((await failureOf(collect(response.bytes()))).code).toBe("limit");
});

test("the provider itself names a page that it knows, before the look of it decides", async () => {
  const seen: unknown[] = [];
  const known = new ChatError("server", "PHP died");
  const options = {
    type: "text/html",
    recognise: (answer: unknown) => {
      seen.push(answer);
      return known;
    },
  };

  const errors = [
    await failureOf(respond([PAGE], options).json()),
    await failureOf(collect(respond([PAGE], options).events())),
    await failureOf(collect(respond(["no events"], { ...options, type: EVENT_STREAM }).events())),
  ];

  expect(errors).toEqual([known, known, known]);
  expect(seen[0]).toEqual({
    status: 200,
    headers: { "content-type": "text/html" },
    contentType: "text/html",
    body: PAGE,
  });
  expect(seen[2]).toMatchObject({ body: "no events" });
});

test("only the start of a page is kept", async () => {
  let kept = "";
  const options = {
    type: "text/html",
    limits: { errorBytes: 20 },
    recognise: ({ body }: { readonly body: string }) => {
      kept = body;
      return undefined;
    },
  };

  await failureOf(respond(bytesOf(PAGE), options).json());

  expect(kept).toBe(PAGE.slice(0, 20));
});

const EVENTS = [
  { event: "message", data: "one 😀" },
  { event: "done", data: "two" },
];
const STREAM = "data: one 😀\r\n\r\nevent: done\r\ndata: two\r\n\r\n";

test("events come one by one and in the groups they arrived in", async () => {
  expect(await collect(respond([STREAM], { type: EVENT_STREAM }).events())).toEqual(EVENTS);
  expect(await collect(respond(bytesOf(STREAM), { type: EVENT_STREAM }).events())).toEqual(EVENTS);
  expect(await collect(respond([STREAM], { type: EVENT_STREAM }).eventGroups())).toEqual([EVENTS]);
  expect(await collect(respond(bytesOf(STREAM)).eventGroups())).toEqual(EVENTS.map((event) => [event]));
});

test("events after the format was asked for are all there", async () => {
  const response = respond(bytesOf(STREAM));

  expect(await response.format()).toBe("events");
  expect(await response.format()).toBe("events");
  expect(await collect(response.events())).toEqual(EVENTS);
});

test.each<[string, string, string | undefined, string]>([
  ["a page", PAGE, EVENT_STREAM, "blocked"],
  ["words under the type of a page", "x", "text/html", "blocked"],
  ["JSON lines", '{"a":1}\n{"a":2}\n', EVENT_STREAM, "protocol"],
  ["comments alone", ": ping\n\n: ping\n\n", EVENT_STREAM, "protocol"],
  ["nothing", "", EVENT_STREAM, "empty"],
  ["blank lines", "\n\n", EVENT_STREAM, "empty"],
  ["an event that was cut", 'data: {"a":', EVENT_STREAM, "interrupted"],
  ["two byte order marks", "\uFEFF\uFEFFdata: x\n\n", EVENT_STREAM, "protocol"],
])(
  "%s instead of events is a failure that names the provider, split anywhere",
  async (_, body, type, code) => {
    for (const pieces of [[body], bytesOf(body)]) {
      const error = await failureOf(collect(respond(pieces, { type }).events()));

      expect(error).toMatchObject({ code, provider: "toy", phase: "preamble" });
    }
  },
);

test("an event that holds a page is an event", async () => {
  const response = respond([`data: ${PAGE}\n\n`], { type: EVENT_STREAM });

  expect(await collect(response.events())).toEqual([{ event: "message", data: PAGE }]);
});

test.each([
  ["json", { jsonBytes: 10 }],
  ["text", { pageBytes: 10 }],
  ["events", { streamBytes: 10 }],
] as const)("%s() ends at its limit of bytes", async (method, limits) => {
  const response = respond(["data: x\n\n", "data: y\n\n"], {
    type: method === "events" ? EVENT_STREAM : JSON_TYPE,
    limits,
  });
  const reading = method === "events" ? collect(response.events()) : response[method]();

  expect((await failureOf(reading)).code).toBe("limit");
});

test("a stream that repeats itself has no limit on the wire, only on its events", async () => {
  const options = { type: EVENT_STREAM, limits: { streamBytes: 10, eventBytes: 50 } };
  const pieces = ["data: x\n\n", "data: xy\n\n", "data: xyz\n\n"];

  expect(await collect(respond(pieces, options).events({ cumulative: true }))).toHaveLength(3);
  const long = respond([`data: ${"x".repeat(60)}\n\n`], options);

  expect((await failureOf(collect(long.events({ cumulative: true })))).code).toBe("limit");
});

test("white space does not end the search for what a body is before 4 KiB, and does not go on for ever", async () => {
  const options = { limits: { errorBytes: 100 } };

  expect(await respond([" ".repeat(50), '{"a":1}'], options).format()).toBe("json");
  expect(
    await respond(
      Array.from({ length: 50 }, () => " ".repeat(10)),
      options,
    ).format(),
  ).toBe("empty");
});

test("what the transport reports is network before the first byte and interrupted after it", async () => {
  const failure = Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });

  const fresh = await failureOf(respond([], { failure }).json());
  const cut = await failureOf(respond(["{"], { failure }).json());

  expect([fresh.code, cut.code]).toEqual(["network", "interrupted"]);
  expect(cut).toMatchObject({ phase: "preamble", message: "[toy] GET / failed with ECONNRESET" });
});

test("events before a failure are given, and the failure after them", async () => {
  const failure = Object.assign(new Error("closed"), { code: "UND_ERR_SOCKET" });
  const events = respond(["data: x\n\n"], { type: EVENT_STREAM, failure }).events()[Symbol.asyncIterator]();

  expect((await events.next()).value).toEqual({ event: "message", data: "x" });
  expect((await failureOf(events.next() as Promise<unknown>)).code).toBe("interrupted");
});

test("a challenge quoted inside JSON text is text", async () => {
  const body = JSON.stringify({ text: "<title>Just a moment</title>" });

  expect(await respond([body], { type: JSON_TYPE }).text()).toBe(body);
});

function bytesOf(text: string): Uint8Array[] {
  return [...Buffer.from(text)].map((byte) => Uint8Array.of(byte));
}
