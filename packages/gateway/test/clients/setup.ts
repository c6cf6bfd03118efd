import type { ChatRequest, StreamPart } from "@fallthrough/core";
import { messageText } from "@fallthrough/core/provider";
import { createOpenAI } from "@fallthrough/provider-openai";
import { createRegistry } from "@fallthrough/registry";
import { startUpstreams } from "@fallthrough/testkit";
import { type RunningGateway, startGateway } from "../../src/index.ts";
import { answer, type MemoryProvider, memoryProvider } from "../case.ts";

/** A gateway in front of a server that is down, and of a provider that answers after it. */
export interface ClientSetup {
  readonly gateway: RunningGateway;
  readonly provider: MemoryProvider;
  close(): Promise<void>;
}

export const WEATHER = {
  name: "weather",
  description: "Tells the weather of a city",
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
} as const;

/** Starts both; the first provider fails over a real socket in every call. */
export async function startForClients(): Promise<ClientSetup> {
  const upstreams = await startUpstreams();
  upstreams.openai.behave("server-error");
  const { baseURL } = upstreams.openai;
  const down = createOpenAI({ id: "down", baseURL, models: [{ id: "model" }] });
  const provider = memoryProvider("up", play);
  // no cooldown, so that the first one really fails in every call
  const policy = { server: { health: "none" } } as const;
  const gateway = await startGateway(createRegistry({ providers: [down, provider], policy }), { port: 0 });
  return {
    gateway,
    provider,
    async close() {
      await gateway.close();
      await upstreams.close();
    },
  };
}

/** Calls the tool once where there is one, waits for ever where it is told to, and else repeats the question. */
function play({ messages, tools }: ChatRequest): Iterable<StreamPart | "silence"> {
  const last = messages.at(-1);
  const said = last === undefined ? "" : messageText(last);
  if (last?.role === "tool") return answer("It is ", said);
  if (tools !== undefined) {
    return [
      { type: "tool-call-delta", id: "call-1", name: "weather", delta: '{"city":' },
      { type: "tool-call-delta", id: "call-1", name: "weather", delta: '"Rome"}' },
      { type: "tool-call", id: "call-1", name: "weather", arguments: '{"city":"Rome"}' },
      { type: "finish", finishReason: "tool-calls", usage: { inputTokens: 3, outputTokens: 4 } },
    ];
  }
  const deltas: StreamPart[] = ["You ", "said ", said].map((delta) => ({ type: "text-delta", delta }));
  if (said === "wait") return [...deltas, "silence"];
  return [...deltas, { type: "finish", finishReason: "stop", usage: { inputTokens: 3, outputTokens: 4 } }];
}
