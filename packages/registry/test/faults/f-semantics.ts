import { httpResponse } from "@fallthrough/testkit";
import { expect } from "vitest";
import { answerRow, chainRow, type OddAnswer } from "./chain-row.ts";
import type { FaultRow } from "./row.ts";
import { type SocketFault, socketRow } from "./socket-row.ts";
import { deltaEvent } from "./wire-provider.ts";

type EndFault = Omit<SocketFault, "follows"> & Partial<Pick<SocketFault, "follows">>;

const READ = { read: "request" } as const;
const DONE = "data: [DONE]\n\n";
const SPENT = `data: {"finish":"length"}\n\n${DONE}`;
const FILTERED = `data: {"finish":"content-filter"}\n\n${DONE}`;
const REASONING = `data: {"reasoning":"let me see"}\n\n${DONE}`;
const PHRASE = "rate limit exceeded, please verify you are human";

function events(...texts: readonly string[]): SocketFault["scripts"] {
  const headers = { "content-type": "text/event-stream" };
  return [[READ, { send: httpResponse({ headers, body: texts }) }, { hold: true }]];
}

function json(value: unknown): SocketFault["scripts"] {
  const headers = { "content-type": "application/json" };
  return [[READ, { send: httpResponse({ headers, body: JSON.stringify(value) }) }, { hold: true }]];
}

const FAULTS: readonly EndFault[] = [
  { row: 58, fault: "nothing to read", sent: "the end marker alone", scripts: events(DONE), code: "empty" },
  {
    row: 58,
    fault: "nothing to read",
    sent: "white space, then the end marker",
    scripts: events(deltaEvent(" \n"), deltaEvent("\u00A0\t"), DONE),
    code: "empty",
  },
  {
    row: 58,
    fault: "nothing to read",
    sent: "a JSON answer of white space",
    scripts: json({ text: " \n " }),
    settings: { answer: "json" },
    code: "empty",
  },
  { row: 58, fault: "nothing to read", sent: "an empty body", scripts: events(), code: "empty" },
  {
    row: 59,
    fault: "content filter",
    sent: "before any text, where the chain's policy says next",
    scripts: events(FILTERED),
    options: { policy: { "content-filter": { next: "yes" } } },
    code: "content-filter",
  },
  {
    row: 60,
    fault: "reasoning alone",
    sent: "reasoning, then the end marker",
    scripts: events(REASONING),
    code: "empty",
    phase: "committed",
    // reasoning is content: the caller has seen it
    follows: "int",
    partial: "",
  },
  {
    row: 61,
    fault: "a text like a block",
    sent: "the sentinel that the provider declares",
    scripts: json({ text: PHRASE }),
    settings: { answer: "json", sentinel: PHRASE },
    code: "rate-limit",
  },
];

const isSpent: OddAnswer["check"] = ({ parts, route }) => {
  if (parts !== undefined) expect(parts.at(-1)).toMatchObject({ type: "finish", finishReason: "length" });
  expect(route.attempts).toHaveLength(1);
};

const ANSWERS: readonly OddAnswer[] = [
  {
    row: 58,
    fault: "nothing to read",
    sent: "the reason `length` alone",
    scripts: events(SPENT),
    text: "",
    check: isSpent,
  },
  {
    row: 60,
    fault: "reasoning alone",
    sent: "reasoning, then the reason `length`",
    scripts: events(`data: {"reasoning":"let me see"}\n\n${SPENT}`),
    text: "",
    check: isSpent,
  },
  {
    row: 59,
    fault: "content filter",
    sent: "after text",
    scripts: events(deltaEvent("half a secret"), FILTERED),
    text: "half a secret",
    check: ({ parts }) => {
      if (parts !== undefined) expect(parts.at(-1)).toMatchObject({ finishReason: "content-filter" });
    },
  },
  {
    row: 60,
    fault: "reasoning alone",
    sent: "with the option `reasoningOnly`",
    scripts: events(REASONING),
    options: { reasoningOnly: true },
    text: "",
    check: ({ parts }) => {
      if (parts !== undefined) expect(parts[0]).toEqual({ type: "reasoning-delta", delta: "let me see" });
    },
  },
  {
    row: 61,
    fault: "a text like a block",
    sent: "the phrase in valid JSON",
    scripts: json({ text: PHRASE }),
    settings: { answer: "json" },
    text: PHRASE,
  },
  {
    row: 61,
    fault: "a text like a block",
    sent: "a page in valid JSON",
    scripts: json({ text: "<!doctype html><title>Just a moment...</title>" }),
    settings: { answer: "json" },
    text: "<!doctype html><title>Just a moment...</title>",
  },
  {
    row: 62,
    fault: "another model than asked",
    sent: "its name in the stream",
    scripts: events(`data: {"model":"another","delta":"from me"}\n\n`, DONE),
    text: "from me",
    check: ({ route }) => expect(route.attempts[0]?.reportedModel).toBe("another"),
  },
];

/** Answers whose meaning decides. */
export const SEMANTIC_ROWS: readonly FaultRow[] = [
  ...FAULTS.map((fault) => socketRow({ follows: "next", ...fault })),
  ...ANSWERS.map(answerRow),
  chainRow(
    {
      row: 59,
      fault: "content filter",
      sent: "before any text",
      code: "content-filter",
      follows: "stop",
    },
    {
      servers: [events(FILTERED)],
      async check({ ask, servers: [, next] }) {
        const { error, attempts } = await ask();

        expect(error).toMatchObject({ code: "content-filter" });
        expect(attempts).toEqual(["p1:failed:content-filter"]);
        expect(next?.connections).toBe(0);
      },
    },
  ),
];
