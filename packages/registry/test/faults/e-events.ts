import { httpChunk, httpResponse } from "@fallthrough/testkit";
import type { FaultRow } from "./row.ts";
import { type SocketFault, socketRow } from "./socket-row.ts";
import { deltaChunk, deltaEvent, EVENTS_HEAD } from "./wire-provider.ts";

type EventFault = Omit<SocketFault, "follows"> & Partial<Pick<SocketFault, "follows">>;

const READ = { read: "request" } as const;
const DONE = "data: [DONE]\n\n";

function events(...texts: readonly string[]): SocketFault["scripts"] {
  return [
    [
      READ,
      { send: EVENTS_HEAD },
      { send: Buffer.concat(texts.map((text) => httpChunk(text))) },
      { hold: true },
    ],
  ];
}

function whole(body: string, type: string = "text/event-stream"): SocketFault["scripts"] {
  return [[READ, { send: httpResponse({ headers: { "content-type": type }, body }) }, { hold: true }]];
}

function deep(levels: number): string {
  return "[".repeat(levels) + "]".repeat(levels);
}

const FAULTS: readonly EventFault[] = [
  {
    row: 48,
    fault: "two byte order marks",
    sent: "the first event behind two marks",
    scripts: whole(`\uFEFF\uFEFF${deltaEvent("lost")}${deltaEvent("kept")}${DONE}`),
    code: "protocol",
  },
  {
    row: 50,
    fault: "last event without a blank line",
    sent: "half of an event, then the end",
    scripts: whole(`${deltaEvent("whole ")}data: {"delta":"ha`),
    code: "interrupted",
    follows: "int",
    partial: "whole ",
  },
  {
    row: 51,
    fault: "too large",
    sent: "one line of 10 MiB",
    scripts: [
      [
        READ,
        { send: EVENTS_HEAD },
        { send: httpChunk("data: ") },
        { repeat: httpChunk("x".repeat(64 * 1024)), times: 160 },
        { hold: true },
      ],
    ],
    code: "limit",
  },
  {
    row: 51,
    fault: "too large",
    sent: "one event of 10 MiB in small lines",
    scripts: [
      [
        READ,
        { send: EVENTS_HEAD },
        { repeat: httpChunk(`data: ${"x".repeat(1000)}\n`.repeat(64)), times: 160 },
        { hold: true },
      ],
    ],
    code: "limit",
  },
  {
    row: 52,
    fault: "one malformed event",
    sent: "as the first event",
    scripts: events("data: {broken}\n\n", deltaEvent("good"), DONE),
    code: "protocol",
  },
  {
    row: 52,
    fault: "one malformed event",
    sent: "after content",
    scripts: events(deltaEvent("good "), "data: {broken}\n\n", deltaEvent("never"), DONE),
    code: "protocol",
    follows: "int",
    partial: "good ",
  },
  {
    row: 53,
    fault: "in-band error",
    sent: '`{"error"}` as the first event',
    scripts: events('data: {"error":{"message":"overloaded"}}\n\n'),
    code: "server",
  },
  {
    row: 53,
    fault: "in-band error",
    sent: '`{"error"}` after content',
    scripts: events(deltaEvent("good "), 'data: {"error":{"message":"overloaded"}}\n\n'),
    code: "server",
    follows: "int",
    partial: "good ",
  },
  {
    row: 53,
    fault: "in-band error",
    sent: "`event: error` with an inner 429, first",
    scripts: events('event: error\ndata: {"error":{"status":429}}\n\n'),
    code: "rate-limit",
  },
  {
    row: 53,
    fault: "in-band error",
    sent: "`event: error` after content",
    scripts: events(deltaEvent("good "), "event: error\ndata: {}\n\n"),
    code: "server",
    follows: "int",
    partial: "good ",
  },
  {
    row: 54,
    fault: "another format",
    sent: "NDJSON where events are expected",
    scripts: whole('{"delta":"one"}\n{"delta":"two"}\n', "application/x-ndjson"),
    code: "protocol",
  },
  {
    row: 54,
    fault: "another format",
    sent: "events where JSON is expected",
    scripts: whole(`${deltaEvent("one")}${DONE}`),
    settings: { answer: "json" },
    code: "protocol",
  },
  {
    row: 55,
    fault: "hostile JSON",
    sent: "an event 10,000 levels deep",
    scripts: events(`data: {"delta":${deep(10_000)}}\n\n`),
    code: "protocol",
  },
  {
    row: 55,
    fault: "hostile JSON",
    sent: "a body 10,000 levels deep",
    scripts: whole(`{"text":${deep(10_000)}}`, "application/json"),
    settings: { answer: "json" },
    code: "protocol",
  },
  {
    row: 38,
    fault: "endless valid tokens",
    sent: "deltas for ever, against a limit of 64 KiB",
    scripts: [[READ, { send: EVENTS_HEAD }, { repeat: deltaChunk("token ".repeat(10)) }]],
    settings: { limits: { streamBytes: 64 * 1024 } },
    code: "limit",
    follows: "int",
  },
];

/** Faults of events and JSON that end a call. */
export const EVENT_ROWS: readonly FaultRow[] = FAULTS.map((fault) =>
  socketRow({ follows: "next", ...fault }),
);
