import { expect, test } from "vitest";
import type { StreamPart } from "../../src/contract/contract.ts";
import { type CumulativeFormat, type CumulativeState, cumulativeParts } from "../../src/parts/cumulative.ts";
import type { ServerSentEvent } from "../../src/parts/sse.ts";

const END: ServerSentEvent = { event: "message", data: '{"end":"stop"}' };

interface Line {
  readonly id?: string;
  readonly text?: string;
  readonly end?: "stop" | "length";
  readonly fails?: string;
  readonly silent?: boolean;
}

const parsed: string[] = [];
const FORMAT: CumulativeFormat = {
  what: "POST /talk",
  head: /^\{"id":"\w+"/,
  parse({ data }) {
    parsed.push(data);
    const { id, text, end, fails, silent }: Line = JSON.parse(data);
    if (silent) return undefined;
    if (fails !== undefined) throw new Error(fails);
    if (id === undefined) return { finishReason: end };
    return { id, text, finishReason: end } as CumulativeState;
  },
};

test.each([
  [
    "grows",
    [
      { id: "a", text: "A" },
      { id: "a", text: "AB", end: "stop" },
    ],
    ["A", "B"],
  ],
  [
    "repeats",
    [
      { id: "a", text: "A" },
      { id: "a", text: "A", end: "stop" },
    ],
    ["A"],
  ],
  [
    "goes on in a new message",
    [
      { id: "a", text: "A" },
      { id: "b", text: "B", end: "stop" },
    ],
    ["A", "B"],
  ],
  [
    "was blank and starts over",
    [
      { id: "a", text: " " },
      { id: "a", text: "A", end: "stop" },
    ],
    ["A"],
  ],
  ["has other events in it", [{ id: "a", text: "A" }, { silent: true }, { end: "stop" }], ["A"]],
] satisfies [string, Line[], string[]][])("text that %s gives each piece once", async (_, lines, deltas) => {
  const { parts } = await read(lines.map((line) => [line]));

  expect(parts).toEqual([
    ...deltas.map((delta) => ({ type: "text-delta", delta })),
    { type: "finish", finishReason: "stop", model: undefined },
  ]);
});

test("of the states of a message that arrive together only the newest is parsed", async () => {
  parsed.length = 0;

  const { parts } = await read([
    [
      { id: "a", text: "A" },
      { id: "b", text: "B" },
      { id: "a", text: "AA" },
      { id: "b", text: "BB", end: "stop" },
      {},
    ],
  ]);

  expect(parts.map((part) => part.type === "text-delta" && part.delta)).toEqual(["AA", "BB", false]);
  expect(parsed).toHaveLength(3);
});

test("of a text that grows event by event only what is new is parsed", async () => {
  parsed.length = 0;
  const states = Array.from({ length: 20 }, (_, index) => "word ".repeat(index + 1));

  const { parts } = await read([...states.map((text) => [{ id: "a", text }]), [{ end: "stop" }]]);

  expect(parts.slice(0, -1)).toEqual(states.map(() => ({ type: "text-delta", delta: "word " })));
  expect(parsed.filter((data) => data.includes("word word word"))).toEqual([]);
});

test("messages that take turns give each its own text", async () => {
  const lines: Line[] = [
    { id: "a", text: "one" },
    { id: "a", text: "one two" },
    { id: "b", text: "1" },
    { id: "b", text: "1 2" },
    { id: "a", text: "one two three" },
    { id: "b", text: "1 2 3" },
    { end: "stop" },
  ];
  const deltas = ["one", " two", "1", " 2", " three", " 3"];

  const apart = await read(lines.map((line) => [line]));
  const inTwos = await read([lines.slice(0, 2), lines.slice(2, 4), lines.slice(4)]);

  expect(textsOf(apart)).toEqual(deltas);
  expect(textsOf(inTwos).join("|")).toBe("one two|1 2| three| 3");
});

test("an event of another name is no state of the text, however alike it is written", async () => {
  const named: ServerSentEvent = { event: "draft", data: '{"id":"a","text":"one two"}' };
  const state = (text: string): ServerSentEvent => ({
    event: "message",
    data: JSON.stringify({ id: "a", text }),
  });
  const silent: CumulativeFormat = {
    ...FORMAT,
    parse: (event) => (event.event === "draft" ? undefined : FORMAT.parse(event)),
  };

  const outcome = await readEvents([[state("one")], [named], [state("one 2")], [END]], silent);

  expect(textsOf(outcome)).toEqual(["one", " 2"]);
});

test("a failure names the request, and says what the server did", async () => {
  const changed = await read([[{ id: "a", text: "AB" }], [{ id: "a", text: "AC" }]]);
  const ended = await read([[{ id: "a", text: "A" }]]);

  expect(changed.error).toMatchObject({
    message: "POST /talk changed text that it had sent, expected it to grow",
  });
  expect(ended.error).toMatchObject({ message: "POST /talk ended before a message was finished" });
});

test.each([
  [
    "a failure",
    [{ id: "a", text: "A" }, { fails: "broken" }, { id: "a", text: "AB" }],
    { message: "broken" },
  ],
  ["an end before the last state is finished", [{ id: "a", text: "A" }, {}], { code: "interrupted" }],
  ["an end of the body", [{ id: "a", text: "A" }], { code: "interrupted" }],
] satisfies [string, Line[], object][])(
  "%s comes after the text before it, together or apart",
  async (_, lines, error) => {
    const expected = { parts: [{ type: "text-delta", delta: "A" }], error: expect.objectContaining(error) };

    expect(await read(lines.map((line) => [line]))).toEqual(expected);
    expect(await read([lines])).toEqual(expected);
  },
);

test.each(["AC", "A"])("text that was given as AB and becomes %s is a protocol error", async (text) => {
  const { error } = await read([[{ id: "a", text: "AB" }], [{ id: "a", text, end: "stop" }]]);

  expect(error).toMatchObject({ code: "protocol" });
});

test("an end without any text is empty", async () => {
  expect(await read([[{ id: "a", text: "" }, {}]])).toMatchObject({ parts: [], error: { code: "empty" } });
});

test("an end may say why it ends the answer", async () => {
  const { parts } = await read([[{ id: "a", text: "A", end: "stop" }, { end: "length" }]]);

  expect(parts.at(-1)).toMatchObject({ finishReason: "length" });
});

interface Outcome {
  readonly parts: readonly StreamPart[];
  readonly error?: unknown;
}

function read(groups: readonly (readonly Line[])[]): Promise<Outcome> {
  return readEvents(
    groups.map((group) => group.map((line) => ({ event: "message", data: JSON.stringify(line) }))),
  );
}

async function readEvents(
  groups: readonly (readonly ServerSentEvent[])[],
  format: CumulativeFormat = FORMAT,
): Promise<Outcome> {
  async function* arriving() {
    yield* groups;
  }
  const parts: StreamPart[] = [];
  try {
    for await (const part of cumulativeParts(arriving(), format)) parts.push(part);
    return { parts };
  } catch (error) {
    return { parts, error };
  }
}

function textsOf({ parts }: Outcome): string[] {
  return parts.flatMap((part) => (part.type === "text-delta" ? [part.delta] : []));
}
