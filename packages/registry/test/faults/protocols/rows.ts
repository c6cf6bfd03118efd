import { gzipSync } from "node:zlib";
import type { ChatProvider, ProviderSettings } from "@fallthrough/core";
import { type FaultScript, type FaultStep, httpChunk, httpHead, httpResponse } from "@fallthrough/testkit";
import { expect } from "vitest";
import { answerRow, chainRow, type OddAnswer } from "../chain-row.ts";
import type { FaultRow } from "../row.ts";
import { type SocketFault, socketRow } from "../socket-row.ts";
import { EVENTS_HEAD } from "../wire-provider.ts";
import type { Protocol } from "./protocol.ts";

type Fault = Omit<SocketFault, "scripts" | "provider" | "settings"> & {
  readonly scripts: readonly FaultScript[];
};
type Answer = Omit<OddAnswer, "provider">;

const READ = { read: "request" } as const;
const EVENTS = { "content-type": "text/event-stream" };
const WORDS = Array.from({ length: 40 }, (_, index) => `word${index} `);
const FORTY = { partial: WORDS.join(""), follows: "int" } as const;
const SILENCE = { timeouts: { firstChunkMs: 150, chunkMs: 150 }, code: "timeout" } as const;
const TEXT = "one 👋🏽 two\r\nthree";
const BLOCK = "rate limit exceeded, please verify you are human";
const MARK = "\uFEFF";

/** The rows of the matrix that speak of a body, in a protocol of a service. */
export function protocolRows(protocol: Protocol): readonly FaultRow[] {
  const settings: ProviderSettings = { limits: { streamBytes: 64 * 1024 } };
  const create = (id: string, origin: string): ChatProvider => protocol.provider(id, origin);
  const faults = [...transportFaults(protocol), ...bodyFaults(protocol)].map((fault) =>
    socketRow({
      ...fault,
      provider: ({ origin }) => protocol.provider("first", origin, fault.row === 38 ? settings : {}),
    }),
  );
  const answers = oddAnswers(protocol).map((answer) => answerRow({ ...answer, provider: create }));
  return [...faults, ...answers, filterRow(protocol, create)].toSorted((a, b) => a.row - b.row);
}

function chunked(...events: readonly string[]): FaultStep {
  return { send: Buffer.concat([EVENTS_HEAD, ...events.map((event) => httpChunk(event))]) };
}

/** A whole answer of events, and a connection that stays. */
function whole(body: string | Uint8Array, headers: Readonly<Record<string, string>> = EVENTS): FaultScript {
  return [READ, { send: httpResponse({ headers, body }) }, { hold: true }];
}

/** The same event, with its data in a list. */
function listed(event: string): string {
  return event.replace(/^data: (.*)$/m, "data: [$1]");
}

function transportFaults({ preamble, text, hasMarker, end, whole: json }: Protocol): readonly Fault[] {
  const forty = chunked(preamble, ...WORDS.map(text));
  const closing = httpHead(200, { ...EVENTS, connection: "close" });
  const long = JSON.stringify(json("half of an answer"));
  const cutEvents = preamble + text("whole ");
  return [
    {
      row: 27,
      fault: "RST after the preamble only",
      sent: "what holds no content, then a RST",
      scripts: [[READ, chunked(preamble), { wait: 20 }, { end: "rst" }]],
      code: "interrupted",
      follows: "next",
    },
    {
      row: 28,
      fault: "RST after 40 of 60 tokens",
      sent: "40 deltas, then a RST",
      scripts: [[READ, forty, { wait: 50 }, { end: "rst" }]],
      code: "interrupted",
      phase: "committed",
      ...FORTY,
    },
    {
      row: 29,
      fault: "FIN without the last chunk",
      sent: "40 deltas, then a FIN",
      scripts: [[READ, forty, { end: "fin" }]],
      code: "interrupted",
      phase: "committed",
      ...FORTY,
    },
    ...(["fin", "rst"] as const).map(
      (last): Fault => ({
        row: 30,
        fault: "close-delimited, no end",
        sent: `40 deltas, then a ${last.toUpperCase()}`,
        scripts: [
          [
            READ,
            { send: closing },
            { send: preamble + WORDS.map(text).join("") },
            { wait: 50 },
            { end: last },
          ],
        ],
        code: "interrupted",
        ...FORTY,
      }),
    ),
    {
      row: 31,
      fault: "Content-Length too short",
      sent: "half of a JSON answer",
      scripts: [
        [
          READ,
          {
            send: httpHead(200, {
              "content-type": "application/json",
              "content-length": `${long.length - 12}`,
            }),
          },
          { send: long },
          { hold: true },
        ],
      ],
      code: "interrupted",
      follows: "next",
    },
    {
      row: 31,
      fault: "Content-Length too short",
      sent: "events cut inside JSON",
      scripts: [
        [
          READ,
          { send: httpHead(200, { ...EVENTS, "content-length": `${cutEvents.length + 20}` }) },
          { send: cutEvents + text("never whole") },
          { hold: true },
        ],
      ],
      code: "interrupted",
      follows: "int",
      partial: "whole ",
    },
    {
      row: 32,
      fault: "bad chunk size in mid-stream",
      sent: "40 deltas, then `zz` as a size",
      scripts: [[READ, forty, { wait: 20 }, { send: "zz\r\nno chunk\r\n" }, { hold: true }]],
      code: "protocol",
      ...FORTY,
    },
    ...(
      [
        ["the head, then nothing", [{ send: EVENTS_HEAD }]],
        ["what holds no content, then nothing", [chunked(preamble)]],
      ] as const
    ).map(
      ([sent, steps]): Fault => ({
        row: 33,
        fault: "silence before content",
        sent,
        scripts: [[READ, ...steps, { hold: true }]],
        ...SILENCE,
        follows: "next",
      }),
    ),
    {
      row: 34,
      fault: "silence after content",
      sent: "40 deltas, then nothing",
      scripts: [[READ, forty, { hold: true }]],
      ...SILENCE,
      ...FORTY,
    },
    ...(
      [
        [35, "`: ping` for ever", ": ping\n\n"],
        [36, "empty deltas for ever", text("")],
      ] as const
    ).flatMap(([row, fault, event]): readonly Fault[] => [
      {
        row,
        fault: `${fault}, before content`,
        sent: "one each 10 ms",
        scripts: [[READ, chunked(preamble), { repeat: httpChunk(event), everyMs: 10 }]],
        ...SILENCE,
        follows: "next",
      },
      {
        row,
        fault: `${fault}, after content`,
        sent: "40 deltas, then one each 10 ms",
        scripts: [[READ, forty, { repeat: httpChunk(event), everyMs: 10 }]],
        ...SILENCE,
        ...FORTY,
      },
    ]),
    {
      row: 37,
      fault: "one delta now and then",
      sent: "one each 20 ms, for ever",
      scripts: [[READ, chunked(preamble), { repeat: httpChunk(text("x")), everyMs: 20 }]],
      timeouts: { chunkMs: 200, totalMs: 300 },
      code: "deadline",
      phase: "committed",
      follows: "int",
    },
    {
      row: 38,
      fault: "endless valid tokens",
      sent: "deltas for ever, against a limit of 64 KiB",
      scripts: [[READ, chunked(preamble), { repeat: httpChunk(text("token ".repeat(10))) }]],
      code: "limit",
      follows: "int",
    },
    ...(hasMarker
      ? []
      : [
          {
            row: 39,
            fault: "the end, and the socket kept open",
            sent: "an answer and its reason, then nothing",
            scripts: [[READ, chunked(preamble, ...WORDS.map(text), end("stop")), { hold: true }] as const],
            ...SILENCE,
            ...FORTY,
          },
        ]),
  ];
}

function bodyFaults(protocol: Protocol): readonly Fault[] {
  const { preamble, text, thought, end, error, cutCall, whole: json } = protocol;
  const gzip = { "content-type": "application/json", "content-encoding": "gzip" };
  const packed = gzipSync(
    JSON.stringify(json(Array.from({ length: 500 }, (_, index) => `w${index}`).join(" "))),
  );
  const cut = cutCall('{"a":1,');
  const first = (row: number, fault: string, sent: string, body: string, code: Fault["code"]): Fault => ({
    row,
    fault,
    sent,
    scripts: [whole(body)],
    code,
    follows: "next",
  });
  const later = (
    row: number,
    fault: string,
    sent: string,
    body: string,
    code: Fault["code"],
    partial = "good ",
  ): Fault => ({ ...first(row, fault, sent, body, code), follows: "int", partial });
  const broken = "data: {broken}\n\n";
  const good = preamble + text("good ");
  return [
    {
      ...first(41, "truncated encoding", "half of a gzip body", "", "interrupted"),
      scripts: [whole(packed.subarray(0, packed.length / 2), gzip)],
    },
    {
      ...first(42, "corrupt gzip", "a gzip head, then noise", "", "protocol"),
      scripts: [whole(Buffer.concat([packed.subarray(0, 10), Buffer.alloc(200, "noise")]), gzip)],
    },
    later(
      50,
      "last event without a blank line",
      "half of an event, then the end",
      `${good}data: {"ha`,
      "interrupted",
    ),
    {
      ...first(51, "too large", "one line of 10 MiB", "", "limit"),
      scripts: [
        [
          READ,
          chunked(preamble, "data: "),
          { repeat: httpChunk("x".repeat(64 * 1024)), times: 160 },
          { hold: true },
        ],
      ],
    },
    first(52, "one malformed event", "before content", `${preamble}${broken}${text("good")}`, "protocol"),
    later(52, "one malformed event", "after content", `${good}${broken}${text("never")}`, "protocol"),
    first(53, "in-band error", "an overload as the first event", error("overloaded"), "server"),
    first(53, "in-band error", "a list of one overload", listed(error("overloaded")), "server"),
    first(53, "in-band error", "a limit behind the preamble", preamble + error("limit"), "rate-limit"),
    later(53, "in-band error", "an overload after content", good + error("overloaded"), "server"),
    first(
      53,
      "in-band error",
      "`event: error` without a word",
      `${preamble}event: error\ndata:\n\n`,
      "server",
    ),
    later(53, "in-band error", "`event: error` after content", `${good}event: error\ndata: {}\n\n`, "server"),
    {
      ...first(54, "another format", "NDJSON where events are expected", "", "protocol"),
      scripts: [whole('{"a":1}\n{"b":2}\n', { "content-type": "application/x-ndjson" })],
    },
    {
      ...first(54, "another format", "JSON of another shape", "", "protocol"),
      scripts: [whole('{"answer":"Hi"}', { "content-type": "application/json" })],
    },
    first(
      55,
      "hostile JSON",
      "an event 10,000 levels deep",
      `data: ${"[".repeat(10_000)}${"]".repeat(10_000)}\n\n`,
      "protocol",
    ),
    ...(cut === undefined
      ? []
      : [later(57, "a call in pieces", "arguments cut by the end of the body", good + cut, "interrupted")]),
    first(58, "nothing to read", "the end alone", preamble + end("stop"), "empty"),
    first(58, "nothing to read", "white space, then the end", preamble + text(" \n") + end("stop"), "empty"),
    first(58, "nothing to read", "an empty body", "", "empty"),
    first(58, "nothing to read", "an answer without its end", preamble, "empty"),
    {
      ...first(
        59,
        "content filter",
        "before any text, where the chain's policy says next",
        "",
        "content-filter",
      ),
      scripts: [whole(preamble + end("filter"))],
      options: { policy: { "content-filter": { next: "yes" } } },
    },
    later(
      60,
      "reasoning alone",
      "reasoning, then the end",
      preamble + thought("let me see") + end("stop"),
      "empty",
      "",
    ),
  ];
}

function oddAnswers(protocol: Protocol): readonly Answer[] {
  const { preamble, text, thought, end, nothing, cutCall, whole: json, hasMarker } = protocol;
  const stream = `: hello\n\n${preamble}${text(TEXT)}${end("stop")}`;
  const answer = (
    row: number,
    fault: string,
    sent: string,
    body: string | Uint8Array,
    said = TEXT,
  ): Answer => ({
    row,
    fault,
    sent,
    scripts: [whole(body)],
    text: said,
  });
  const finishes =
    (finishReason: string): Answer["check"] =>
    ({ parts }) => {
      if (parts !== undefined) expect(parts.at(-1)).toMatchObject({ type: "finish", finishReason });
    };
  const cut = cutCall('{"a":1,');
  const latin = Buffer.from(preamble + text("caf@") + end("stop"));
  latin[latin.indexOf("@")] = 0xe9;
  const evil = '"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},';
  return [
    {
      ...answer(
        37,
        "one delta now and then",
        "an answer that takes longer than `commitMs`",
        "",
        "slow ".repeat(10),
      ),
      scripts: [
        [
          READ,
          chunked(preamble),
          { repeat: httpChunk(text("slow ")), times: 10, everyMs: 25 },
          { send: Buffer.concat([httpChunk(end("stop")), httpChunk("")]) },
          { hold: true },
        ],
      ],
      options: { timeouts: { commitMs: 150 } },
    },
    ...(hasMarker
      ? [
          {
            ...answer(39, "the end, and the socket kept open", "an answer and its marker, then nothing", ""),
            scripts: [[READ, chunked(stream), { hold: true }] as const],
          },
        ]
      : []),
    answer(45, "bytes that are no UTF-8", "latin1, and not called so", latin, "caf\uFFFD"),
    {
      ...answer(46, "a valid stream, split", "one byte at a time", ""),
      scripts: [
        [
          READ,
          { send: EVENTS_HEAD },
          { send: Buffer.concat([...Buffer.from(stream)].map((byte) => httpChunk(Uint8Array.of(byte)))) },
          { send: httpChunk("") },
        ],
      ],
    },
    ...(["\r\n", "\r"] as const).map((lineEnd) =>
      answer(47, "line ends", JSON.stringify(lineEnd), stream.replaceAll("\n", lineEnd)),
    ),
    answer(48, "a byte order mark", "one", MARK + stream),
    answer(
      50,
      "last event without a blank line",
      "a whole JSON value",
      stream.replace(/(?:data: \[DONE\])?\n\n$/, ""),
    ),
    answer(
      55,
      "hostile JSON",
      "`__proto__` and `constructor` as keys",
      stream.replaceAll("data: {", `data: {${evil}`),
    ),
    answer(
      56,
      "events that say nothing",
      "unknown fields, counts alone, a text of null",
      preamble + nothing.join("") + text("still ") + nothing.join("") + text("here") + end("stop"),
      "still here",
    ),
    ...(cut === undefined
      ? []
      : [
          {
            ...answer(57, "a call in pieces", "arguments cut where the server says `length`", "", "So: "),
            scripts: [whole(preamble + text("So: ") + cut + end("length"))],
            check: finishes("length"),
          },
        ]),
    {
      ...answer(58, "nothing to read", "the reason `length` alone", preamble + end("length"), ""),
      check: finishes("length"),
    },
    {
      ...answer(
        59,
        "content filter",
        "after text",
        preamble + text("half a secret") + end("filter"),
        "half a secret",
      ),
      check: finishes("content-filter"),
    },
    {
      ...answer(60, "reasoning alone", "reasoning, then the reason `length`", "", ""),
      scripts: [whole(preamble + thought("let me see") + end("length"))],
      check: finishes("length"),
    },
    {
      ...answer(61, "a text like a block", "the phrase in valid JSON", "", BLOCK),
      scripts: [whole(JSON.stringify(json(BLOCK)), { "content-type": "application/json" })],
    },
    {
      ...answer(62, "another model than asked", "its name in the stream", "", "from me"),
      scripts: [whole(preamble + text("from me") + end("stop", "another"))],
      check: ({ route }) => expect(route.attempts[0]?.reportedModel).toBe("another"),
    },
  ];
}

function filterRow({ preamble, end }: Protocol, provider: OddAnswer["provider"]): FaultRow {
  const code = "content-filter";
  return chainRow(
    { row: 59, fault: "content filter", sent: "before any text", code, follows: "stop" },
    {
      servers: [[whole(preamble + end("filter"))]],
      provider,
      async check({ ask, servers: [, next] }) {
        const { error, attempts } = await ask();

        expect(error).toMatchObject({ code });
        expect(attempts).toEqual([`p1:failed:${code}`]);
        expect(next?.connections).toBe(0);
      },
    },
  );
}
