import { chat } from "@fallthrough/core";
import { httpChunk, httpResponse } from "@fallthrough/testkit";
import { Dispatcher } from "undici";
import { expect } from "vitest";
import { createChain } from "../../src/index.ts";
import { answerRow, type OddAnswer } from "./chain-row.ts";
import type { FaultRow } from "./row.ts";
import { deltaEvent, EVENTS_HEAD, wireProvider } from "./wire-provider.ts";

const READ = { read: "request" } as const;
const DONE = "data: [DONE]\n\n";
const TEXT = "one 👋🏽 two\r\nthree";
const STREAM = `: hello\r\n\r\n${deltaEvent(TEXT).replaceAll("\n\n", "\r\n\r\n")}${DONE}`;
const SPLITS = { row: 46, fault: "a valid stream, split" } as const;
const MARK = "\uFEFF";

function whole(body: string): OddAnswer["scripts"] {
  return [[READ, { send: httpResponse({ headers: { "content-type": "text/event-stream" }, body }) }]];
}

/** The stream in two chunks; the pause has the client read them one by one. */
function splitAt(offset: number): OddAnswer["scripts"] {
  const bytes = Buffer.from(STREAM);
  const chunks = [bytes.subarray(0, offset), bytes.subarray(offset)].map((piece) => httpChunk(piece));
  return [
    [
      READ,
      { send: EVENTS_HEAD },
      ...chunks.flatMap((send) => [{ send }, { wait: 10 }]),
      { send: httpChunk("") },
    ],
  ];
}

/** Gives every request these chunks, without a socket. */
function inMemory(chunks: readonly Uint8Array[]): Dispatcher {
  const controller = { pause() {}, resume() {}, abort() {} } as unknown as Dispatcher.DispatchController;
  function dispatch(_: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    handler.onRequestStart?.(controller, {});
    handler.onResponseStart?.(controller, 200, { "content-type": "text/event-stream" }, "OK");
    for (const chunk of chunks) handler.onResponseData?.(controller, Buffer.from(chunk));
    handler.onResponseEnd?.(controller, {});
    return true;
  }
  return Object.assign(new Dispatcher(), { dispatch });
}

/** Whatever two places a stream is cut at, in memory. */
const EVERY_SPLIT: FaultRow = {
  ...SPLITS,
  sent: "cut at each byte, in memory",
  code: "-",
  follows: "answer",
  async run(consume) {
    const bytes = Buffer.from(STREAM);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const dispatcher = inMemory([bytes.subarray(0, cut), bytes.subarray(cut)]);
      const provider = wireProvider("first", "http://127.0.0.1", { dispatcher });

      const { text } = await consume(
        chat(createChain([provider]), { messages: [{ role: "user", content: "hi" }] }),
      );

      expect(text).toBe(TEXT);
    }
  },
};

const LINE_ENDS = ["\n", "\r\n", "\r"] as const;
const LINES = [": hello", "event: message", `data: {"delta":"line ends"}`, "", "data: [DONE]", "", ""];

const ANSWERS: readonly OddAnswer[] = [
  {
    ...SPLITS,
    sent: "one byte at a time",
    scripts: [
      [
        READ,
        { send: EVENTS_HEAD },
        { send: Buffer.concat([...Buffer.from(STREAM)].map((byte) => httpChunk(Uint8Array.of(byte)))) },
        { send: httpChunk("") },
      ],
    ],
    text: TEXT,
  },
  ...(
    [
      ["inside an emoji", Buffer.from(STREAM).indexOf("👋") + 2],
      ["inside a line end", Buffer.from(STREAM).indexOf("\r\n") + 1],
      ["inside a blank line", Buffer.from(STREAM).indexOf("\r\n\r\n") + 2],
      ["inside an escape", Buffer.from(STREAM).indexOf("\\n") + 1],
    ] as const
  ).map(([sent, offset]) => ({ ...SPLITS, sent, scripts: splitAt(offset), text: TEXT })),
  ...LINE_ENDS.map((end) => ({
    row: 47,
    fault: "line ends",
    sent: JSON.stringify(end),
    scripts: whole(LINES.join(end)),
    text: "line ends",
  })),
  {
    row: 47,
    fault: "line ends",
    sent: "mixed",
    scripts: whole(`: hello\revent: message\r\ndata: {"delta":"line ends"}\n\rdata: [DONE]\r\n\n`),
    text: "line ends",
  },
  {
    row: 48,
    fault: "a byte order mark",
    sent: "one",
    scripts: whole(`${MARK}${deltaEvent("kept")}${DONE}`),
    text: "kept",
  },
  {
    row: 48,
    fault: "a byte order mark",
    sent: "one in 3 chunks",
    scripts: [
      [
        READ,
        { send: EVENTS_HEAD },
        ...[...Buffer.from(MARK)].flatMap((byte) => [{ send: httpChunk(Uint8Array.of(byte)) }, { wait: 5 }]),
        { send: Buffer.concat([httpChunk(deltaEvent("kept") + DONE), httpChunk("")]) },
      ],
    ],
    text: "kept",
  },
  ...(
    [
      ["`data:x`", 'data:{"delta":" x"}\n\n'],
      ["`data: x`", 'data: {"delta":" x"}\n\n'],
      ["`data` alone, in front", 'data\ndata: {"delta":" x"}\n\n'],
      ["data in several lines", 'data: {"delta":\ndata: " x"\ndata: }\n\n'],
      ["a field without data", `id: 7\nretry: 10\n\ndata: {"delta":" x"}\n\n`],
    ] as const
  ).map(([sent, event]) => ({
    row: 49,
    fault: "the forms of a field",
    sent,
    scripts: whole(event + DONE),
    text: " x",
  })),
  ...(
    [
      ["`[DONE]`", "data: [DONE]"],
      ["a whole JSON value", 'data: {"done":true}'],
    ] as const
  ).map(([sent, last]) => ({
    row: 50,
    fault: "last event without a blank line",
    sent,
    scripts: whole(deltaEvent("whole") + last),
    text: "whole",
  })),
  {
    row: 55,
    fault: "hostile JSON",
    sent: "`__proto__` and `constructor` as keys",
    scripts: whole(
      `data: {"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"delta":"safe"}\n\n${DONE}`,
    ),
    text: "safe",
    check: ({ route }) => {
      expect({}).not.toHaveProperty("polluted");
      expect(route).not.toHaveProperty("polluted");
    },
  },
  {
    row: 55,
    fault: "hostile JSON",
    sent: "huge numbers",
    scripts: whole(`data: {"delta":"safe","n":1e999,"m":${"9".repeat(400)},"k":-0}\n\n${DONE}`),
    text: "safe",
  },
  ...(
    [
      ["unknown fields", '{"extra":{"deep":[1]},"delta":""}'],
      ["`choices: []`", '{"choices":[]}'],
      ["`usage` alone", '{"usage":{"total_tokens":3}}'],
      ["a delta of null", '{"delta":null}'],
    ] as const
  ).map(([sent, data]) => ({
    row: 56,
    fault: "events that say nothing",
    sent,
    scripts: whole(`data: ${data}\n\n${deltaEvent("still ")}data: ${data}\n\n${deltaEvent("here")}${DONE}`),
    text: "still here",
  })),
];

/** Event streams that are odd and whole. */
export const ANSWER_ROWS: readonly FaultRow[] = [...ANSWERS.map(answerRow), EVERY_SPLIT];
