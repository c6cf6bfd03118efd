import type { StreamPart } from "@fallthrough/core";
import { cumulativeParts, type ServerSentEvent } from "@fallthrough/core/provider";
import { readRecording } from "@fallthrough/testkit";
import { expect, test } from "vitest";
import { CONVERSATION, parseCredential, parseFailure, parseLoads } from "../src/protocol.ts";

const DONE: ServerSentEvent = { event: "message", data: "[DONE]" };

interface Snapshot {
  readonly id?: string;
  readonly text?: unknown;
  readonly role?: string;
  readonly type?: string;
  readonly recipient?: string;
  readonly messageType?: string | null;
  readonly finished?: boolean;
  readonly endTurn?: boolean;
  readonly finish?: string;
  readonly status?: string;
}

test.each([
  [
    "the least used first",
    {
      loads: [
        { token_id: "a", count: 3 },
        { token_id: "b", count: 1 },
      ],
    },
    ["b", "a"],
  ],
  ["one without a count as unused", { loads: [{ token_id: "a", count: 3 }, { token_id: "b" }] }, ["b", "a"]],
  [
    "those that have an id",
    { loads: [{}, null, { token_id: 7 }, { token_id: "" }, { token_id: "a" }] },
    ["a"],
  ],
])("the tokens are %s", (_, body, tokens) => {
  expect(parseLoads(body)).toEqual(tokens);
});

test.each([
  ["no list is a protocol error", { loads: {} }, "protocol"],
  ["another body is a protocol error", "busy", "protocol"],
  ["an empty list is the server's trouble", { loads: [] }, "server"],
  ["a list without ids is the server's trouble", { loads: [{ count: 1 }] }, "server"],
])("%s", (_, body, code) => {
  expect(() => parseLoads(body)).toThrow(expect.objectContaining({ code }));
});

test.each([
  ["credential=abc; Path=/; HttpOnly", "abc"],
  ["a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT, credential=abc", "abc"],
  ["other-credential=abc", undefined],
  ["credential=; Max-Age=0", undefined],
  [undefined, undefined],
])("the credential in %j is %j", (setCookie, credential) => {
  expect(parseCredential(setCookie)).toBe(credential);
});

test.each([
  [401, { detail: { message: "m", code: "token_expired" } }, "auth"],
  [413, { detail: { message: "m", code: "message_length_exceeds_limit" } }, "context-length"],
  [400, { detail: { code: "message_length_exceeds_limit" } }, "context-length"],
  [429, { detail: 'say "code": "token_expired"' }, undefined],
  [500, { detail: { code: "unheard_of" } }, undefined],
  [502, "<html>", undefined],
])("a failure with status %i and %j is %j", (status, body, code) => {
  const text = typeof body === "string" ? body : JSON.stringify(body);

  expect(parseFailure({ status, headers: {}, contentType: "", body: text })?.code).toBe(code);
});

test.each([
  ["text", { detail: "Too many requests in 1 hour. Try again later." }],
  ["fields", { detail: { message: "Too many requests in 1 hour. Try again later.", code: "x" } }],
])("services.md §3: the server's words are told where they stand in `detail` as %s", (_, body) => {
  const answer = { status: 429, headers: {}, contentType: "", body: JSON.stringify(body) };

  expect(parseFailure(answer)).toMatchObject({ words: '"Too many requests in 1 hour. Try again later."' });
});

test.each([
  ["the text grows", [{ text: "A" }, { text: "AB" }, { text: "ABC", finished: true }], ["A", "B", "C"]],
  ["a state comes twice", [{ text: "A" }, { text: "A" }, { text: "A", finished: true }], ["A"]],
  ["a new message starts", [{ text: "A" }, { text: "B", id: "2", finished: true }], ["A", "B"]],
  [
    "a message goes on after another",
    [{ text: "A" }, { text: "B", id: "2" }, { text: "AC", finished: true }],
    ["A", "B", "C"],
  ],
  ["blank text is started over", [{ text: "\n" }, { text: " " }, { text: "A", finished: true }], ["A"]],
  ["blank text goes before the rest", [{ text: "\n" }, { text: "\nA", finished: true }], ["\nA"]],
  [
    "a piece ends inside a surrogate pair",
    [{ text: "\ud83d" }, { text: "👋", finished: true }],
    ["\ud83d", "\udc4b"],
  ],
  [
    "the question is echoed",
    [
      { text: "Q", role: "user", finished: true },
      { text: "A", finished: true },
    ],
    ["A"],
  ],
  [
    "the system speaks",
    [
      { text: "S", role: "system" },
      { text: "A", finished: true },
    ],
    ["A"],
  ],
  [
    "a tool is called",
    [
      { text: "T", recipient: "browser" },
      { text: "A", finished: true },
    ],
    ["A"],
  ],
  [
    "code is written",
    [
      { text: "T", type: "code" },
      { text: "A", finished: true },
    ],
    ["A"],
  ],
  [
    "a message is a replay",
    [
      { text: "T", messageType: null },
      { text: "A", finished: true },
    ],
    ["A"],
  ],
  ["a part is no text", [{ text: { image: 1 } }, { text: "A", finished: true }], ["A"]],
])("where %s, every delta is new", async (_, snapshots, deltas) => {
  const parts = await collect([...snapshots.map(snapshot).map((event) => [event]), [DONE]]);

  expect(textOf(parts)).toEqual(deltas);
  expect(parts.at(-1)).toEqual({ type: "finish", finishReason: "stop", model: "slug" });
});

test.each([
  ["at max tokens", [snapshot({ finished: true, endTurn: false, finish: "max_tokens" })], "length"],
  ["at a stop", [snapshot({ finished: true, finish: "stop" })], "stop"],
  [
    "as a partial completion at max tokens",
    [snapshot({ status: "finished_partial_completion", finish: "max_tokens" })],
    "length",
  ],
  [
    "as a partial completion at max tokens that ends the turn",
    [snapshot({ status: "finished_partial_completion", endTurn: true, finish: "max_tokens" })],
    "length",
  ],
  [
    "after tool messages between",
    [
      snapshot({ text: "Let me look.", id: "0", finished: true, endTurn: false }),
      snapshot({
        text: "search()",
        id: "t",
        type: "code",
        recipient: "browser",
        finished: true,
        endTurn: false,
      }),
      snapshot({ text: "found", id: "r", role: "tool", finished: true, endTurn: false }),
      snapshot({ id: "2" }),
      snapshot({ id: "2", finished: true }),
    ],
    "stop",
  ],
  [
    "by moderation after the message was finished",
    [snapshot({ finished: true }), moderation(true)],
    "content-filter",
  ],
  ["by moderation", [snapshot({}), moderation(true)], "content-filter"],
  ["after moderation found nothing", [snapshot({ finished: true }), moderation(false)], "stop"],
  [
    "after an event of another kind",
    [snapshot({ finished: true }), { event: "ping", data: "2023-12-06" }],
    "stop",
  ],
])("an answer that ends %s says so", async (_, events, finishReason) => {
  expect((await collect([events, [DONE]])).at(-1)).toMatchObject({ finishReason });
});

test("an answer that is finished needs no end marker", async () => {
  expect(await collect([[snapshot({ finished: true })]])).toHaveLength(2);
});

test("nothing after the end marker is read", async () => {
  const parts = await collect([[snapshot({ text: "A", finished: true }), DONE, snapshot({ text: "AB" })]]);

  expect(textOf(parts)).toEqual(["A"]);
});

test.each([
  ["an end marker after a cut", [snapshot({}), DONE], "interrupted"],
  ["a message that ends no turn", [snapshot({ finished: true, endTurn: false }), DONE], "interrupted"],
  [
    "a message that its reader stopped",
    [snapshot({ status: "finished_partial_completion", finish: "interrupted" }), DONE],
    "interrupted",
  ],
  [
    "a partial completion that does not say why",
    [snapshot({ status: "finished_partial_completion" }), DONE],
    "interrupted",
  ],
  ["a message that lost its status", [without("status"), DONE], "interrupted"],
  ["a message that lost its end of turn", [without("end_turn"), DONE], "interrupted"],
  [
    "an answer whose tool never came back",
    [
      snapshot({ finished: true, endTurn: false }),
      snapshot({ id: "t", recipient: "browser", finished: true, endTurn: false }),
      DONE,
    ],
    "interrupted",
  ],
  ["a later message that is cut", [snapshot({ finished: true }), snapshot({ id: "2" }), DONE], "interrupted"],
  [
    "an error in the stream",
    [snapshot({}), inStream({ message: null, error: "An error occurred." })],
    "server",
  ],
  ["an error with a code in the stream", [snapshot({}), inStream({ error: { code: "x" } })], "server"],
  ["an error event", [snapshot({}), { event: "error", data: '{"detail":"x"}' }], "server"],
  ["an event that is not JSON", [snapshot({}), { event: "message", data: "<html>" }], "protocol"],
])("%s fails after what had arrived, also where all arrives at once", async (_, events, code) => {
  const apart = await outcome(events.map((event) => [event]));

  expect(apart).toMatchObject({ error: { code } });
  expect(textOf(apart.parts)).not.toEqual([]);
  expect(await outcome([events])).toEqual(apart);
});

test.each([
  ["changes", "AC"],
  ["shrinks", "A"],
])("text that %s after it was given is a protocol error", async (_, text) => {
  const { parts, error } = await outcome([[snapshot({ text: "AB" })], [snapshot({ text })]]);

  expect(textOf(parts)).toEqual(["AB"]);
  expect(error).toMatchObject({ code: "protocol" });
});

test.each([
  ["an end marker alone", [DONE]],
  ["an echo of the question", [snapshot({ role: "user", finished: true }), DONE]],
  ["a message that never got a text", [snapshot({ text: "" }), DONE]],
  ["a message that lost its metadata", [without("metadata"), DONE]],
  ["a message that lost its content", [without("content"), DONE]],
  ["a message that lost its author", [without("author"), DONE]],
  ["a message that lost its recipient", [without("recipient"), DONE]],
  ["events that say nothing", [inStream({}), inStream([]), { event: "message", data: "7" }, DONE]],
])("%s is empty", async (_, events) => {
  expect(await outcome([events])).toMatchObject({ parts: [], error: { code: "empty" } });
});

test("the recorded answer is right however its events are grouped", async () => {
  const events = recordedEvents("talk-tools.txt");
  const whole = textOf(await collect(events.map((event) => [event]))).join("");

  for (let size = 2; size <= events.length; size++) {
    for (let first = 1; first <= size; first++) {
      const groups = [events.slice(0, first)];
      for (let at = first; at < events.length; at += size) groups.push(events.slice(at, at + size));
      expect(textOf(await collect(groups)).join("")).toBe(whole);
    }
  }
});

test("of the states that arrive together only the newest is parsed", async () => {
  const cut = snapshot({ text: "A" }).data.slice(0, -3);
  const group = [{ event: "message", data: cut }, snapshot({ text: "AB", finished: true }), DONE];

  expect(textOf(await collect([group]))).toEqual(["AB"]);
});

function snapshot({
  id = "1",
  text = "A",
  role = "assistant",
  type = "text",
  recipient = "all",
  messageType = "next",
  finished = false,
  endTurn = finished,
  finish,
  status = finished ? "finished_successfully" : "in_progress",
}: Snapshot): ServerSentEvent {
  return inStream({
    message: {
      id,
      author: { role },
      content: { content_type: type, parts: [text] },
      status,
      end_turn: endTurn,
      metadata: {
        message_type: messageType,
        model_slug: "slug",
        ...(finish === undefined ? {} : { finish_details: { type: finish } }),
      },
      recipient,
    },
    error: null,
  });
}

/** A finished message of which one field is missing. */
function without(field: string): ServerSentEvent {
  const { message, ...rest } = JSON.parse(snapshot({ finished: true }).data);
  return inStream({ ...rest, message: { ...message, [field]: undefined } });
}

function moderation(blocked: boolean): ServerSentEvent {
  return inStream({ is_completion: true, moderation_response: { flagged: blocked, blocked } });
}

function inStream(value: object): ServerSentEvent {
  return { event: "message", data: JSON.stringify(value) };
}

function recordedEvents(file: string): readonly ServerSentEvent[] {
  const { response } = readRecording(new URL(`fixtures/pandora/${file}`, import.meta.url));
  const body = response?.body.toString("utf8") ?? "";
  return [...body.matchAll(/^data: (.*)$/gm)].map(([, data = ""]) => ({ event: "message", data }));
}

async function* arriving(
  groups: readonly (readonly ServerSentEvent[])[],
): AsyncGenerator<readonly ServerSentEvent[]> {
  yield* groups;
}

async function outcome(
  groups: readonly (readonly ServerSentEvent[])[],
): Promise<{ readonly parts: readonly StreamPart[]; readonly error?: unknown }> {
  const parts: StreamPart[] = [];
  try {
    for await (const part of cumulativeParts(arriving(groups), CONVERSATION)) parts.push(part);
    return { parts };
  } catch (error) {
    return { parts, error };
  }
}

async function collect(groups: readonly (readonly ServerSentEvent[])[]): Promise<readonly StreamPart[]> {
  const { parts, error } = await outcome(groups);
  if (error !== undefined) throw error;
  return parts;
}

function textOf(parts: readonly StreamPart[]): readonly string[] {
  return parts.flatMap((part) => (part.type === "text-delta" ? [part.delta] : []));
}
