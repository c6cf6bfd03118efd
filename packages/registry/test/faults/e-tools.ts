import { type ChatError, chat } from "@fallthrough/core";
import { createOpenAI } from "@fallthrough/provider-openai";
import { type FaultScript, httpChunk, httpResponse, startFaultServer } from "@fallthrough/testkit";
import { expect } from "vitest";
import { createChain } from "../../src/index.ts";
import type { FaultRow } from "./row.ts";
import { allClosed, startHealthyServer } from "./socket-row.ts";
import { EVENTS_HEAD, wireProvider } from "./wire-provider.ts";

const READ = { read: "request" } as const;
const ROW = { row: 57, fault: "tool calls in pieces" } as const;
const TOOLS = ["add", "negate"].map((name) => ({ name, parameters: { type: "object" } }));
const DONE = "data: [DONE]\n\n";

/** One piece of the call at this place; its id and name come with the first. */
function piece(index: number, text: string, name?: string): string {
  const call = { index, ...(name && { id: `call-${index}` }), function: { name, arguments: text } };
  return `data: ${JSON.stringify({ choices: [{ index: 0, delta: { tool_calls: [call] } }] })}\n\n`;
}

const END = `data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: "tool_calls" }] })}\n\n`;

function toolRow(
  sent: string,
  script: FaultScript,
  complete: readonly (readonly [name: string, text: string])[] | undefined,
): FaultRow {
  return {
    ...ROW,
    sent,
    ...(complete === undefined ? { code: "interrupted", follows: "int" } : { code: "-", follows: "answer" }),
    async run(consume) {
      const [server, next] = await Promise.all([
        startFaultServer([script]),
        startHealthyServer("the second"),
      ]);
      const first = createOpenAI({ baseURL: server.origin, models: [{ id: "m" }] });
      const chain = createChain([first, wireProvider("second", next.origin)]);
      const reply = chat(chain, { messages: [{ role: "user", content: "What is 1 + 2?" }], tools: TOOLS });

      const { error, parts } = await consume(reply);

      const calls = parts?.flatMap((part) =>
        part.type === "tool-call" ? [[part.name, part.arguments]] : [],
      );
      if (complete === undefined) {
        expect(error).toMatchObject({ code: "interrupted", phase: "committed" });
        expect((error as ChatError).partial?.toolCalls).toEqual([]);
        if (parts !== undefined) expect(calls).toEqual([]);
      } else {
        expect(error).toBeUndefined();
        const { toolCalls, finishReason } = await reply.result();
        expect(toolCalls.map((call) => [call.name, call.arguments])).toEqual(complete);
        expect(finishReason).toBe("tool-calls");
        if (parts !== undefined) expect(calls).toEqual(complete);
      }
      expect(next.connections).toBe(0);
      await chain.close?.();
      await allClosed(server);
      await Promise.all([server.close(), next.close()]);
    },
  };
}

function events(...pieces: readonly string[]): FaultScript {
  return [READ, { send: httpResponse({ headers: { "content-type": "text/event-stream" }, body: pieces }) }];
}

/** Arguments of tool calls, which a server sends as it makes them up. */
export const TOOL_ROWS: readonly FaultRow[] = [
  toolRow(
    "arguments in pieces of one character",
    events(piece(0, "", "add"), ...[...'{"a":1,"b":2}'].map((text) => piece(0, text)), END, DONE),
    [["add", '{"a":1,"b":2}']],
  ),
  toolRow(
    "two calls interleaved",
    events(
      piece(0, '{"a"', "add"),
      piece(1, '{"c"', "negate"),
      piece(0, ':1,"b":2}'),
      piece(1, ":3}"),
      END,
      DONE,
    ),
    [
      ["add", '{"a":1,"b":2}'],
      ["negate", '{"c":3}'],
    ],
  ),
  toolRow(
    "arguments cut by a FIN",
    [
      READ,
      { send: EVENTS_HEAD },
      { send: httpChunk(piece(0, '{"a":1,', "add")) },
      { wait: 20 },
      { end: "fin" },
    ],
    undefined,
  ),
  toolRow("arguments cut, then the end marker", events(piece(0, '{"a":1,', "add"), DONE), undefined),
];
