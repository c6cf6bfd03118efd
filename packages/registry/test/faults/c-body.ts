import { httpChunk, httpHead } from "@fallthrough/testkit";
import { answerRow, type OddAnswer } from "./chain-row.ts";
import type { FaultRow } from "./row.ts";
import { type SocketFault, socketRow } from "./socket-row.ts";
import { deltaChunk, deltaEvent, EVENTS_HEAD } from "./wire-provider.ts";

const READ = { read: "request" } as const;
const ROLE = httpChunk('data: {"role":"assistant"}\n\n');
const EMPTY = deltaChunk("");
const DONE = "data: [DONE]\n\n";
const PING = httpChunk(": ping\n\n");
const WORDS = Array.from({ length: 40 }, (_, index) => `word${index} `);
const FORTY = { partial: WORDS.join(""), follows: "int" } as const;
const SENT_FORTY = { send: Buffer.concat([EVENTS_HEAD, ...WORDS.map(deltaChunk)]) };
/** The head of a body that ends with its connection. */
const CLOSE_DELIMITED = httpHead(200, { "content-type": "text/event-stream", connection: "close" });
const SILENCE = { timeouts: { firstChunkMs: 150, chunkMs: 150 }, code: "timeout" } as const;

const FAULTS: readonly SocketFault[] = [
  {
    row: 27,
    fault: "RST after the preamble only",
    sent: "a role, then a RST",
    scripts: [[READ, { send: Buffer.concat([EVENTS_HEAD, ROLE]) }, { wait: 20 }, { end: "rst" }]],
    code: "interrupted",
    follows: "next",
  },
  {
    row: 28,
    fault: "RST after 40 of 60 tokens",
    sent: "40 deltas, then a RST",
    scripts: [[READ, SENT_FORTY, { wait: 50 }, { end: "rst" }]],
    code: "interrupted",
    phase: "committed",
    ...FORTY,
  },
  {
    row: 29,
    fault: "FIN without the last chunk",
    sent: "40 deltas, then a FIN",
    scripts: [[READ, SENT_FORTY, { end: "fin" }]],
    code: "interrupted",
    phase: "committed",
    ...FORTY,
  },
  ...(["fin", "rst"] as const).map((end) => ({
    row: 30,
    fault: "close-delimited, no marker",
    sent: `40 deltas, then a ${end.toUpperCase()}`,
    scripts: [
      [
        READ,
        { send: CLOSE_DELIMITED },
        { send: WORDS.map(deltaEvent).join("") },
        { wait: 50 },
        { end },
      ] as const,
    ],
    code: "interrupted" as const,
    ...FORTY,
  })),
  {
    row: 31,
    fault: "Content-Length too short",
    sent: "half of a JSON answer",
    scripts: [
      [
        READ,
        { send: httpHead(200, { "content-type": "application/json", "content-length": "12" }) },
        { send: '{"text":"half of an answer"}' },
        { hold: true },
      ],
    ],
    settings: { answer: "json" },
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
        {
          send: httpHead(200, {
            "content-type": "text/event-stream",
            "content-length": `${deltaEvent("whole ").length + 10}`,
          }),
        },
        { send: deltaEvent("whole ") + deltaEvent("never whole") },
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
    scripts: [[READ, SENT_FORTY, { wait: 20 }, { send: "zz\r\nno chunk\r\n" }, { hold: true }]],
    code: "protocol",
    ...FORTY,
  },
  {
    row: 33,
    fault: "silence before content",
    sent: "the head, then nothing",
    scripts: [[READ, { send: EVENTS_HEAD }, { hold: true }]],
    ...SILENCE,
    phase: "preamble",
    follows: "next",
  },
  {
    row: 33,
    fault: "silence before content",
    sent: "a role, then nothing",
    scripts: [[READ, { send: Buffer.concat([EVENTS_HEAD, ROLE]) }, { hold: true }]],
    ...SILENCE,
    follows: "next",
  },
  {
    row: 34,
    fault: "silence after content",
    sent: "40 deltas, then nothing",
    scripts: [[READ, SENT_FORTY, { hold: true }]],
    ...SILENCE,
    ...FORTY,
  },
  ...(
    [
      [35, "`: ping` for ever", PING],
      [36, "empty deltas for ever", EMPTY],
    ] as const
  ).flatMap(([row, fault, bytes]) => [
    {
      row,
      fault: `${fault}, before content`,
      sent: "one each 10 ms",
      scripts: [[READ, { send: EVENTS_HEAD }, { repeat: bytes, everyMs: 10 }] as const],
      ...SILENCE,
      follows: "next" as const,
    },
    {
      row,
      fault: `${fault}, after content`,
      sent: "40 deltas, then one each 10 ms",
      scripts: [[READ, SENT_FORTY, { repeat: bytes, everyMs: 10 }] as const],
      ...SILENCE,
      ...FORTY,
    },
  ]),
  {
    row: 37,
    fault: "one delta now and then",
    sent: "one each 20 ms, for ever",
    scripts: [[READ, { send: EVENTS_HEAD }, { repeat: deltaChunk("x"), everyMs: 20 }]],
    timeouts: { chunkMs: 200, totalMs: 300 },
    code: "deadline",
    phase: "committed",
    follows: "int",
  },
];

const ANSWERS: readonly OddAnswer[] = [
  {
    row: 37,
    fault: "one delta now and then",
    sent: "an answer that takes longer than `commitMs`",
    scripts: [
      [
        READ,
        { send: EVENTS_HEAD },
        { repeat: deltaChunk("slow "), times: 10, everyMs: 25 },
        { send: httpChunk(DONE) },
        { hold: true },
      ],
    ],
    options: { timeouts: { commitMs: 150 } },
    text: "slow ".repeat(10),
  },
  {
    row: 39,
    fault: "`[DONE]`, and the socket kept open",
    sent: "an answer, then nothing",
    scripts: [[READ, SENT_FORTY, { send: httpChunk(DONE) }, { hold: true }]],
    text: WORDS.join(""),
  },
];

/** Faults of the body's transport. */
export const BODY_ROWS: readonly FaultRow[] = [...FAULTS.map(socketRow), ...ANSWERS.map(answerRow)];
