import type { StreamPart, ToolCall } from "@fallthrough/core";
import { chat } from "@fallthrough/core";
import { cutBody, withBody } from "./answer-bytes.ts";
import { failureOf, readParts } from "./ask.ts";
import { contains, equals, holds } from "./check.ts";
import { type ConformanceCase, type Kit, toolsOf } from "./kit.ts";
import type { StageOptions } from "./stage.ts";
import { declaredMissing, type ProviderSuite } from "./suite.ts";

const TOOL = { name: "toolofthesuite", parameters: { type: "object", properties: {} } };
const TURN = { id: "call-of-the-suite", name: TOOL.name, arguments: '{"place":"argumentofthesuite"}' };

/** A case of the answer that calls tools. */
function calling(title: string, run: (kit: Kit) => Promise<void>): ConformanceCase {
  return { title: `tools: ${title}`, ability: "tools", obstacle: withoutCalls, run };
}

/** What a provider makes of tools; without an answer that calls some, the suite sees only what is sent. */
export const TOOL_CASES: readonly ConformanceCase[] = [
  {
    title: "tools: the tools reach the server",
    ability: "tools",
    async run(kit) {
      contains(await sentWith(kit, {}), TOOL.name, "what was sent");
    },
  },
  {
    title: "tools: a call and its result reach the server in the next turn",
    ability: "tools",
    async run(kit) {
      const sent = await sentWith(kit, {
        messages: [
          { role: "user", content: "usertext" },
          { role: "assistant", toolCalls: [TURN] },
          { role: "tool", toolCallId: TURN.id, toolName: TURN.name, content: "resultofthesuite" },
        ],
      });

      contains(sent, "argumentofthesuite", "what was sent");
      contains(sent, "resultofthesuite", "what was sent");
    },
  },
  calling("every call of the server comes out, and no other", async (kit) => {
    const calls = callsIn(await partsWith(kit));

    equals(namesOf(calls), namesOf(expectedCalls(kit)), "the list of names of the calls");
  }),
  calling("the arguments of a call are those of the server", async (kit) => {
    const calls = callsIn(await partsWith(kit));
    const isText = calls.every((call) => typeof call.arguments === "string");

    holds(isText, "the arguments of a call are no text, expected the JSON text as the model wrote it");
    equals(calls.map(argumentsOf), expectedCalls(kit).map(argumentsOf), "the list of arguments");
  }),
  calling("a call has the id of the server, and no two have the same", async (kit) => {
    const ids = callsIn(await partsWith(kit)).map(({ id }) => id);
    const expected = expectedCalls(kit).map(({ id }, index) => id ?? ids[index]);

    equals(ids, expected, "the list of ids");
    holds(
      ids.every((id) => typeof id === "string" && id !== ""),
      "a call has no id",
    );
    equals(new Set(ids).size, ids.length, "the number of different ids");
  }),
  calling("an answer that calls a tool finishes with `tool-calls`", async (kit) => {
    const finish = (await partsWith(kit)).find(({ type }) => type === "finish");

    equals(finish?.type === "finish" && finish.finishReason, "tool-calls", "the finish reason");
  }),
  calling("calls are the same in pieces of 1 byte", async (kit) => {
    const calls = callsIn(await partsWith(kit, { bytesPerPiece: 1 }));

    equals(
      calls.map((call) => [call.name, argumentsOf(call)]),
      expectedCalls(kit).map((call) => [call.name, argumentsOf(call)]),
      "the list of calls",
    );
  }),
  {
    ...calling("an answer with calls that is cut is no success", async (kit) => {
      const { provider } = await kit.toolStage({
        script: (response) => [{ send: withBody(response, cutBody(response)) }],
      });

      await failureOf(chat(provider, kit.request({ tools: toolsOf(kit.suite) })).result(), "the call");
    }),
    obstacle: (suite) =>
      declaredMissing(suite).has("endMarker") ? "the protocol has no end marker" : withoutCalls(suite),
  },
];

function withoutCalls({ toolCalls }: ProviderSuite): string | undefined {
  return toolCalls === undefined ? "`toolCalls` gives no answer that calls a tool" : undefined;
}

function expectedCalls({ suite: { toolCalls } }: Kit): readonly CallOfTheSuite[] {
  return toolCalls?.calls ?? [];
}

type CallOfTheSuite = Pick<ToolCall, "name" | "arguments"> & Partial<Pick<ToolCall, "id">>;

function namesOf(calls: readonly CallOfTheSuite[]): readonly string[] {
  return calls.map(({ name }) => name);
}

/** What the arguments say, or the text where it is no JSON. */
function argumentsOf(call: CallOfTheSuite): unknown {
  try {
    return JSON.parse(call.arguments);
  } catch {
    return call.arguments;
  }
}

function callsIn(parts: readonly StreamPart[]): readonly ToolCall[] {
  return parts.flatMap((part) => (part.type === "tool-call" ? [part] : []));
}

/** The parts of the answer that calls tools. */
async function partsWith(kit: Kit, options?: StageOptions): Promise<readonly StreamPart[]> {
  const { provider } = await kit.toolStage(options);
  return readParts(provider, kit.request({ tools: toolsOf(kit.suite) }));
}

/** All that a call with the tool of the suite sends. */
async function sentWith(kit: Kit, fields: Parameters<Kit["request"]>[0]): Promise<string> {
  const { provider, server } = await kit.stage();
  await kit.ask(provider, { ...fields, tools: [TOOL] });
  return server.requests.map(({ path, body }) => path + body).join("\n");
}
