import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { isDeepStrictEqual } from "node:util";
import {
  type ChatMessage,
  type ChatRequest,
  chat,
  type JsonObject,
  type ToolCall,
  type ToolDefinition,
} from "@fallthrough/core";
import { createOpenAI } from "@fallthrough/provider-openai";
import { afterEach, describe, expect, test } from "vitest";
import { createRegistry, type Registry } from "../src/index.ts";

type WireMessage = JsonObject & { readonly role: string };

/** What one service keeps in a message of its own, and refuses to go on without. */
interface Vendor {
  /** The fields of the deltas with which it calls the tool. */
  readonly call: (id: string) => readonly JsonObject[];
  /** What a message of its own must bring back; `undefined` for a message of anybody else. */
  readonly stateOf: (message: WireMessage) => unknown;
  readonly state: unknown;
}

const LOOK: ToolDefinition = { name: "look", parameters: { type: "object" } };
const QUESTION: ChatMessage = { role: "user", content: "What is there?" };

function callOf(id: string, extra: JsonObject = {}): JsonObject {
  return {
    tool_calls: [{ index: 0, id, type: "function", function: { name: "look", arguments: "{}" }, ...extra }],
  };
}

function callsOf(message: WireMessage): readonly JsonObject[] {
  return (message["tool_calls"] ?? []) as readonly JsonObject[];
}

/** Stand-ins that keep the rules of these services; what each of them wants back stands beside it. */
const VENDORS: Readonly<Record<string, Vendor>> = {
  // ai.google.dev/gemini-api/docs/thought-signatures, "OpenAI compatibility"
  gemini: {
    call: (id) => [callOf(id, { extra_content: { google: { thought_signature: "c2ln" } } })],
    stateOf: (message) => callsOf(message)[0]?.["extra_content"],
    state: { google: { thought_signature: "c2ln" } },
  },
  // api-docs.deepseek.com/guides/thinking_mode, "Tool calls"
  deepseek: {
    call: (id) => [{ reasoning_content: "I must " }, { reasoning_content: "look." }, callOf(id)],
    stateOf: (message) => message["reasoning_content"],
    state: "I must look.",
  },
  // openrouter.ai/docs/guides/best-practices/reasoning-tokens, "Preserving reasoning"
  openrouter: {
    call: (id) => [
      { reasoning_details: [{ type: "reasoning.text", text: "I must ", index: 0 }] },
      { reasoning_details: [{ type: "reasoning.text", text: "look.", signature: "c2ln", index: 0 }] },
      callOf(id),
    ],
    stateOf: (message) => message["reasoning_details"],
    state: [{ type: "reasoning.text", text: "I must look.", signature: "c2ln", index: 0 }],
  },
};

interface StandIn {
  readonly baseURL: string;
  /** Answers every call with 503 while it is set. */
  down: boolean;
  readonly statuses: number[];
}

const servers: Server[] = [];

/** Calls the tool until it has been called `calls` times by this service, and refuses a history that lacks its state or holds another's. */
async function startVendor(name: string, calls: number): Promise<StandIn> {
  const vendor = VENDORS[name] as Vendor;
  const standIn = { baseURL: "", down: false, statuses: [] as number[] };
  let called = 0;
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    const { messages } = JSON.parse(body) as { readonly messages: readonly WireMessage[] };
    const problem = messages
      .filter(({ role }) => role === "assistant")
      .map(problemOf)
      .find(Boolean);
    const status = standIn.down ? 503 : problem === undefined ? 200 : 400;
    standIn.statuses.push(status);
    if (status !== 200) {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify({ error: { message: problem ?? "overloaded" } }));
      return;
    }
    const calling = called < calls;
    if (calling) called++;
    const deltas = calling ? vendor.call(`${name}-${called}`) : [{ content: `done by ${name}` }];
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const delta of deltas) response.write(event({ choices: [{ index: 0, delta }] }));
    const reason = calling ? "tool_calls" : "stop";
    response.end(`${event({ choices: [{ index: 0, delta: {}, finish_reason: reason }] })}data: [DONE]\n\n`);
  });

  function problemOf(message: WireMessage): string | undefined {
    const own = `${callsOf(message)[0]?.["id"]}`.startsWith(`${name}-`);
    for (const [other, { stateOf, state }] of Object.entries(VENDORS)) {
      const given = stateOf(message);
      if (!own || other !== name) {
        if (given !== undefined) return "the state of the call is not valid";
      } else if (!isDeepStrictEqual(given, state)) return "the state of the call is missing";
    }
    return undefined;
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  servers.push(server);
  standIn.baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  return standIn;
}

function event(value: unknown): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}

// #region loop
/** Asks until the model no longer calls a tool, and gives its answer. */
async function askWithTools(
  registry: Registry,
  request: ChatRequest,
  run: (call: ToolCall) => Promise<string>,
): Promise<string> {
  const messages = [...request.messages];
  for (;;) {
    const { message, text } = await registry.chat({ ...request, messages }).result();
    const { toolCalls = [] } = message;
    if (toolCalls.length === 0) return text;
    messages.push(message);
    for (const call of toolCalls) {
      messages.push({ role: "tool", toolCallId: call.id, content: await run(call) });
    }
  }
}
// #endregion

afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

describe.each(Object.keys(VENDORS))("services.md §5: a tool loop with %s", (name) => {
  test("is the message and the result, and nothing more", async () => {
    const { baseURL } = await startVendor(name, 2);
    const provider = createOpenAI({ id: name, baseURL, models: [{ id: "m" }] });
    const messages: ChatMessage[] = [QUESTION];

    const first = await chat(provider, { messages, tools: [LOOK] }).result();
    messages.push(first.message, { role: "tool", toolCallId: `${name}-1`, content: "a lake" });
    const second = await chat(provider, { messages, tools: [LOOK] }).result();
    messages.push(second.message, { role: "tool", toolCallId: `${name}-2`, content: "a boat" });
    const third = await chat(provider, { messages, tools: [LOOK] }).result();

    expect(third.text).toBe(`done by ${name}`);
    await provider.close?.();
  });

  test("is one loop of an application", async () => {
    const { baseURL } = await startVendor(name, 3);
    const provider = createOpenAI({ id: name, baseURL, models: [{ id: "m" }] });
    const registry = createRegistry({ providers: [provider] });
    const called: string[] = [];

    const text = await askWithTools(registry, { messages: [QUESTION], tools: [LOOK] }, async ({ id }) => {
      called.push(id);
      return "a lake";
    });

    expect([called.length, text]).toEqual([3, `done by ${name}`]);
    await registry.close();
  });

  test("survives being kept as JSON", async () => {
    const { baseURL } = await startVendor(name, 1);
    const provider = createOpenAI({ id: name, baseURL, models: [{ id: "m" }] });

    const { message } = await chat(provider, { messages: [QUESTION], tools: [LOOK] }).result();
    const kept = JSON.parse(JSON.stringify([QUESTION, message])) as ChatMessage[];
    kept.push({ role: "tool", toolCallId: `${name}-1`, content: "a lake" });

    expect(await chat(provider, { messages: kept, tools: [LOOK] }).text()).toBe(`done by ${name}`);
    await provider.close?.();
  });

  const others = Object.keys(VENDORS).filter((other) => other !== name);
  test.each(others)("goes on with %s in the middle, and comes back", async (other) => {
    const own = await startVendor(name, 2);
    const next = await startVendor(other, 1);
    const registry = createRegistry({
      providers: [
        createOpenAI({ id: name, baseURL: own.baseURL, models: [{ id: "m" }] }),
        createOpenAI({ id: other, baseURL: next.baseURL, models: [{ id: "m" }] }),
      ],
    });
    const messages: ChatMessage[] = [QUESTION];
    const takeTurn = async () => {
      await registry.resetHealth();
      const { message, route, text } = await registry.chat({ messages, tools: [LOOK] }).result();
      messages.push(message);
      for (const { id } of message.toolCalls ?? []) {
        messages.push({ role: "tool", toolCallId: id, content: "a lake" });
      }
      return { provider: route.provider, text };
    };

    const first = await takeTurn();
    own.down = true;
    const second = await takeTurn();
    own.down = false;
    const third = await takeTurn();
    const last = await takeTurn();

    expect([first, second, third, last]).toEqual([
      { provider: name, text: "" },
      { provider: other, text: "" },
      { provider: name, text: "" },
      { provider: name, text: `done by ${name}` },
    ]);
    expect([own.statuses, next.statuses]).toEqual([[200, 503, 200, 200], [200]]);
    await registry.close();
  });
});

test("a history without the state is refused, as the services do", async () => {
  const { baseURL } = await startVendor("deepseek", 1);
  const provider = createOpenAI({ id: "deepseek", baseURL, models: [{ id: "m" }] });
  const { message } = await chat(provider, { messages: [QUESTION], tools: [LOOK] }).result();
  const { role, toolCalls } = message;
  const messages: ChatMessage[] = [QUESTION, { role, toolCalls }];

  await expect(chat(provider, { messages, tools: [LOOK] }).text()).rejects.toMatchObject({
    code: "bad-request",
    message: expect.stringContaining("the state of the call is missing"),
  });
  await provider.close?.();
});
