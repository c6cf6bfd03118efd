import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import type { StreamPart } from "@fallthrough/core";
import { ChatError } from "@fallthrough/core";
import { providerCard } from "@fallthrough/core/internal";
import { createAnthropic } from "@fallthrough/provider-anthropic";
import { createOpenAI } from "@fallthrough/provider-openai";
import { createRegistry, type Registry } from "@fallthrough/registry";
import OpenAI from "openai";
import { afterEach, expect, test, vi } from "vitest";
import { createGateway, type GatewayOptions, startGateway } from "../src/index.ts";
import { answer, memoryProvider, registryOf, text } from "./case.ts";

// what users of other gateways reported; the names behind a title are those of the reports

type Fields = Record<string, unknown>;
// biome-ignore lint/suspicious/noExplicitAny: what is read of an answer, the expectations say
type Value = any;

/** A server of chat completions that keeps what it was asked. */
interface Server {
  readonly baseURL: string;
  readonly seen: Fields[];
}

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const USER = { role: "user", content: "Hi" };
const TOOLS = [{ type: "function", function: { name: "now", parameters: { type: "object" } } }];
const HI = { role: "assistant", content: "Hi" };
const CALL = { id: "call_1", type: "function", function: { name: "now", arguments: "{}" } };
const CUT = {
  role: "assistant",
  content: null,
  tool_calls: [{ ...CALL, function: { name: "now", arguments: '{"zone":"Eur' } }],
};
const RESULT = { role: "tool", tool_call_id: "call_1", content: "12:00" };

/** Starts a server that answers each request by what it holds. */
async function serve(
  respond: (body: Fields, path: string) => { readonly status?: number; readonly body: object },
): Promise<Server> {
  const seen: Fields[] = [];
  const server = createServer(async (incoming, outgoing) => {
    const body = incoming.method === "POST" ? ((await json(incoming)) as Fields) : {};
    if (incoming.method === "POST") seen.push(body);
    const { status = 200, body: answered } = respond(body, incoming.url ?? "");
    outgoing.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answered));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, seen };
}

/** A server that says the same message to everybody. */
function say(message: object = HI, finish_reason = "stop", more: object = {}): Promise<Server> {
  const choices = [{ index: 0, message, finish_reason }];
  return serve(() => ({ body: { id: "c", model: "m", choices, ...more } }));
}

function refuse(status: number, error: object): Promise<Server> {
  return serve(() => ({ status, body: { error } }));
}

function registryFor(...servers: readonly Server[]): Registry {
  const providers = servers.map(({ baseURL }, index) =>
    createOpenAI({
      id: `server-${index}`,
      baseURL,
      apiKey: "sk-secret-of-the-server",
      models: [{ id: "m" }],
    }),
  );
  return createRegistry({ providers });
}

async function post(
  registry: Registry,
  path: string,
  body: object,
  options: GatewayOptions = {},
): Promise<{
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Value;
}> {
  const request = new Request(`http://127.0.0.1:8787${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const response = await createGateway(registry, options).fetch(request);
  const told = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json") && !told.includes("\n");
  return {
    status: response.status,
    headers: response.headers,
    text: told,
    body: isJson ? JSON.parse(told) : told,
  };
}

const CHAT = "/v1/chat/completions";
const BODY = { model: "m", messages: [USER] };

test.each([
  [CHAT, { ...BODY, tools: TOOLS, reasoning_effort: "high", parallel_tool_calls: false }],
  [
    "/v1/responses",
    {
      model: "m",
      input: "Hi",
      tools: [{ type: "function", name: "now", parameters: { type: "object" } }],
      reasoning: { effort: "high" },
      parallel_tool_calls: false,
    },
  ],
  [
    "/v1/messages",
    {
      ...BODY,
      max_tokens: 100,
      tools: [{ name: "now", input_schema: { type: "object" } }],
      output_config: { effort: "high" },
      tool_choice: { type: "auto", disable_parallel_tool_use: true },
    },
  ],
])(
  "`reasoning_effort` and `parallel_tool_calls` on %s are not lost (BerriAI/litellm #38084, PR #39190, openai/openai-openapi PR #273, agentjido/req_llm PR #682)",
  async (path, body) => {
    const server = await say();

    expect((await post(registryFor(server), path, body)).status).toBe(200);

    expect(server.seen[0]).toMatchObject({ reasoning_effort: "high", parallel_tool_calls: false });
  },
);

test.each([
  [CHAT, BODY, 413, "context_length_exceeded"],
  ["/v1/responses", { model: "m", input: "Hi" }, 413, "context_length_exceeded"],
  ["/v1/messages", { ...BODY, max_tokens: 9 }, 400, "prompt is too long"],
  ["/api/chat", { ...BODY, stream: false }, 413, "context-length"],
])(
  "a context overflow on %s is found by its status, its code and its words (anomalyco/opencode #17746, earendil-works/pi #5677, langchain PR #39300)",
  async (path, body, status, word) => {
    const words = "This model's maximum context length is 10 tokens";
    const server = await refuse(400, { message: words, code: "context_length_exceeded" });

    const told = await post(registryFor(server), path, body);

    expect(told.status).toBe(status);
    expect(told.text).toContain(word);
    expect(told.text).toContain("maximum context length is 10 tokens");
  },
);

test.each([
  [
    "`thought_signature` is not lost (earendil-works/pi #6733, langgenius/dify-official-plugins #2088)",
    { tool_calls: [{ ...CALL, extra_content: { google: { thought_signature: "g1" } } }] },
  ],
  [
    "`reasoning_content` goes back (anomalyco/opencode #24124, #25058, Kilo-Org/kilocode #9501, QuantumNous/new-api #4806)",
    { reasoning_content: "let me see", tool_calls: [CALL] },
  ],
])("in the second turn of a tool loop %s, and only to its writer", async (_, given) => {
  const message = { role: "assistant", content: null, ...given };
  const [writer, other] = [await say(message, "tool_calls"), await say()];
  const body = { ...BODY, tools: TOOLS };
  const first = await post(registryFor(writer), CHAT, body);

  const next = { ...body, messages: [USER, first.body.choices[0].message, RESULT] };
  await post(registryFor(writer), CHAT, next);
  // its id is another one, because the first place belongs to a server that is not asked
  const [, second] = registryFor(writer, other).providers();
  await post(registryFor(writer, other), CHAT, { ...next, model: `${second?.id}/m` });

  const written = (writer.seen[1] as Value).messages[1];
  expect(written).toMatchObject(given);
  expect(JSON.stringify((other.seen[0] as Value).messages)).not.toMatch(/g1|let me see/);
});

test("`cache_control` of parts is carried (maximhq/bifrost #3942, envoyproxy/ai-gateway PR #2193)", async () => {
  const cache_control = { type: "ephemeral" };
  const content = [{ type: "text", text: "Hi", cache_control }];
  const server = await say();
  const claude = await serve(() => ({
    body: {
      type: "message",
      role: "assistant",
      model: "m",
      content: [{ type: "text", text: "Hi" }],
      stop_reason: "end_turn",
      usage: { input_tokens: 1, output_tokens: 1 },
    },
  }));
  const anthropic = createAnthropic({ baseURL: claude.baseURL, apiKey: "key", models: [{ id: "m" }] });
  const body = { model: "m", max_tokens: 9, messages: [{ role: "user", content }] };

  await post(registryFor(server), CHAT, body);
  await post(createRegistry({ providers: [anthropic] }), "/v1/messages", body);

  expect(server.seen[0]).toMatchObject({ messages: [{ content }] });
  expect(claude.seen[0]).toMatchObject({ messages: [{ content }] });
});

test.each([
  [undefined, false],
  [false, true],
  [true, true],
])(
  "`strict: %s` of a schema is sent only as the caller said it (moeru-ai/xsai #202, lfnovo/esperanto PR #273, getzep/graphiti #1751)",
  async (strict, isSent) => {
    const server = await say();
    const format = { name: "count", schema: { type: "object" }, ...(strict === undefined ? {} : { strict }) };

    await post(registryFor(server), CHAT, {
      ...BODY,
      response_format: { type: "json_schema", json_schema: format },
    });
    await post(registryFor(server), "/v1/responses", {
      model: "m",
      input: "Hi",
      text: { format: { type: "json_schema", ...format } },
    });

    expect(server.seen).toHaveLength(2);
    for (const { response_format } of server.seen as Value[]) {
      expect("strict" in response_format.json_schema).toBe(isSent);
      if (isSent) expect(response_format.json_schema.strict).toBe(strict);
    }
  },
);

test("a body with images of several MB is taken, and a limit is told in a clear 413 (mnfst/llm-gateway #2126, open-webui #3273, raine/claude-code-proxy PR #152)", async () => {
  const url = `data:image/png;base64,${"A".repeat(6 * 1024 * 1024)}`;
  const content = [{ type: "image_url", image_url: { url } }];
  const body = { ...BODY, messages: [{ role: "user", content }] };
  const server = await say();

  const taken = await post(registryFor(server), CHAT, body);
  const refused = await post(registryFor(server), CHAT, body, { bodyBytes: 1_000_000 });

  expect(taken.status).toBe(200);
  expect((server.seen[0] as Value).messages[0].content[0].image_url.url).toHaveLength(url.length);
  expect(refused.status).toBe(413);
  expect(refused.body.error.message).toBe("the body is too large, expected at most 1000000 bytes");
});

test("a thinking model that used up `max_tokens` gives an answer that ends with `length`, and gets no mark (NousResearch/hermes-agent #9571, docker/docker-agent PR #2412, JerryZLiu/Dayflow #246)", async () => {
  const server = await say({ role: "assistant", content: "", reasoning_content: "hm" }, "length");
  const registry = registryFor(server);

  const { status, body } = await post(registry, CHAT, { ...BODY, max_tokens: 5 });

  expect(status).toBe(200);
  expect(body.choices[0]).toMatchObject({ finish_reason: "length", message: { reasoning_content: "hm" } });
  const steps = await registry.explain("m");
  expect(steps.filter(({ type }) => type === "candidate")).toMatchObject([{ state: "well" }]);
});

test.each([
  [CHAT, BODY],
  ["/v1/messages", { ...BODY, max_tokens: 9 }],
])(
  "a tool call that the limit cut is not given on %s (experientiallabs/experiential #758, XpressAI/xaibo PR #33)",
  async (path, body) => {
    const told = await post(registryFor(await say(CUT, "length")), path, body);

    expect(told.status).toBe(200);
    expect(told.text).toMatch(/"(?:length|max_tokens)"/);
    expect(told.text).not.toContain("Eur");
  },
);

test("a tool call that the limit cut is told as incomplete in a response, as the standard has it (experientiallabs/experiential #758)", async () => {
  const told = await post(registryFor(await say(CUT, "length")), "/v1/responses", {
    model: "m",
    input: "Hi",
  });

  expect(told.body).toMatchObject({
    status: "incomplete",
    incomplete_details: { reason: "max_output_tokens" },
    output: [{ type: "function_call", status: "incomplete" }],
  });
});

test("tool arguments that are no JSON are given on as they are, with a warning (NousResearch/hermes-agent PR #83229)", async () => {
  const broken = { ...CALL, function: { name: "now", arguments: "{zone: Europe}" } };
  const server = await say({ role: "assistant", content: null, tool_calls: [broken] }, "tool_calls");

  const { body } = await post(registryFor(server), CHAT, { ...BODY, tools: TOOLS });

  expect(body.choices[0].message.tool_calls[0].function.arguments).toBe("{zone: Europe}");
  expect(body.warnings).toMatchObject([{ message: expect.stringContaining("now") }]);
});

test("an empty answer after a tool result is an answer (earendil-works/pi #8462, vellum PR #25880, picoclaw PR #2983)", async () => {
  const server = await say({ role: "assistant", content: "" });
  const asked = { role: "assistant", content: null, tool_calls: [CALL] };
  const body = { ...BODY, tools: TOOLS };

  const after = await post(registryFor(server), CHAT, { ...body, messages: [USER, asked, RESULT] });
  const before = await post(registryFor(server), CHAT, body);

  expect(after.body.choices).toMatchObject([{ finish_reason: "stop", message: { content: "" } }]);
  expect(before.status).toBe(502);
});

test.each([
  [400, 400],
  [404, 404],
  [422, 400],
])(
  "the reason of a %d is not hidden, but its secrets are (mnfst/llm-gateway #2686, mozilla-ai/otari PR #537, kortix-ai/suna PR #5986)",
  async (status, told) => {
    const server = await refuse(status, {
      message: "the field `mood` is not allowed for sk-secret-of-the-server",
    });

    const { status: answered, text: words } = await post(registryFor(server), CHAT, BODY);

    expect(answered).toBe(told);
    expect(words).toContain("the field `mood` is not allowed");
    expect(words).not.toContain("sk-secret");
  },
);

test.each([
  ["a 502 for a refused key (NVIDIA-NeMo/nemo-platform PR #2158, cloudflare/ai #436)", 401, 502],
  ["a chain that is spent (HKUDS/nanobot #2760, livekit/agents #5335, BerriAI/litellm #34129)", 500, 502],
])("%s does not make clients repeat", async (_, status, told) => {
  const server = await refuse(status, { message: "no" });
  const gateway = await startGateway(registryFor(server), { port: 0 });
  closing.push(() => gateway.close());
  const client = new OpenAI({ baseURL: gateway.baseURL, apiKey: "any", maxRetries: 3 });

  const failure = await client.chat.completions
    .create({ model: "m", messages: [{ role: "user", content: "Hi" }] })
    .catch((error: unknown) => error);

  expect(failure).toMatchObject({ status: told });
  expect((failure as InstanceType<typeof OpenAI.APIError>).headers?.get("x-should-retry")).toBe("false");
  // the chain itself asks a server that failed once more
  expect(server.seen.length).toBeLessThanOrEqual(2);
});

test("a desktop program with an `Origin` may use it after its preflight (logancyang/obsidian-copilot #333, madroidmaq/mlx-omni-server #60, screenpipe #2667)", async () => {
  const gateway = createGateway(registryOf(memoryProvider("one", answer("Hi"))), {
    allowOrigins: ["app://obsidian.md"],
  });
  const send = (method: string, origin: string, more: Record<string, string> = {}) =>
    gateway.fetch(
      new Request(`http://127.0.0.1:8787${CHAT}`, {
        method,
        headers: { origin, "content-type": "application/json", ...more },
        ...(method === "POST" ? { body: JSON.stringify({ messages: [USER] }) } : {}),
      }),
    );
  const preflight = {
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization",
  };

  const asked = await send("OPTIONS", "app://obsidian.md", preflight);
  const answered = await send("POST", "app://obsidian.md");
  const foreign = await send("POST", "app://another");

  expect(asked.status).toBe(204);
  expect(asked.headers.get("access-control-allow-headers")).toBe("authorization");
  expect([answered.status, answered.headers.get("access-control-allow-origin")]).toEqual([
    200,
    "app://obsidian.md",
  ]);
  expect(foreign.status).toBe(403);
});

test("a prompt of legacy completions stays raw for autocomplete (continuedev/continue #919, #8419)", async () => {
  const server = await serve(() => ({ body: { choices: [{ text: "return 1" }] } }));
  const body = { model: "m", prompt: "<fim_prefix>def one():<fim_suffix><fim_middle>", suffix: "\n" };

  const { body: told } = await post(registryFor(server), "/v1/completions", body);

  expect(told).toMatchObject({ choices: [{ text: "return 1" }] });
  expect(server.seen).toEqual([body]);
});

test("embeddings are asked of the same model only (BerriAI/litellm #656, #869, LibreChat #4693)", async () => {
  const down = await refuse(503, { message: "down" });
  const same = await serve(() => ({ body: { data: [{ embedding: [1] }] } }));
  const another = await serve(() => ({ body: { data: [{ embedding: [2] }] } }));
  const [first, second, third] = [down, same, another].map(({ baseURL }, index) =>
    createOpenAI({ id: `server-${index}`, baseURL, models: [{ id: index === 2 ? "other" : "m" }] }),
  );
  const providers = [first, third, second].filter((provider) => provider !== undefined);
  const registry = createRegistry({ providers, aliases: { vectors: ["m", "other"] } });

  const { body } = await post(registry, "/v1/embeddings", { model: "vectors", input: "Hi" });

  expect(body.data).toEqual([{ embedding: [1] }]);
  expect(another.seen).toEqual([]);
});

test("`count_tokens` gives an estimate (BerriAI/litellm #13252, icebear0828/codex-proxy PR #612)", async () => {
  const registry = registryOf(memoryProvider("one", []));
  const count = async (content: string): Promise<number> =>
    (
      await post(registry, "/v1/messages/count_tokens", {
        model: "auto",
        messages: [{ role: "user", content }],
      })
    ).body.input_tokens;

  expect(await count("Hi")).toBeGreaterThan(0);
  expect((await count("Hi ".repeat(1_000))) - (await count("Hi"))).toBeGreaterThan(500);
});

test("editors that look for Ollama find its API and chat there (lmstudio-ai/docs #195, microsoft/vscode #246474)", async () => {
  const registry = registryOf(memoryProvider("one", answer("Hi")));
  const gateway = createGateway(registry);
  const get = async (path: string): Promise<Value> =>
    (await gateway.fetch(new Request(`http://127.0.0.1:8787${path}`))).json();

  expect((await get("/api/version")).version).toMatch(/^\d+\.\d+\.\d+$/);
  expect((await get("/api/tags")).models.map(({ name }: Fields) => name)).toContain("one/model");
  const shown = await post(registry, "/api/show", { model: "one/model" });
  expect(shown.body.capabilities).toContain("completion");
  const told = await post(registry, "/api/chat", { model: "one/model", messages: [USER], stream: false });
  expect(told.body).toMatchObject({ message: { content: "Hi" }, done: true });
});

test("programs that speak Responses only are served under the base URL (openai/codex discussion #7782, vercel/ai #17944, n8n #21651)", async () => {
  const { status, body } = await post(registryOf(memoryProvider("one", answer("Hi"))), "/v1/responses", {
    model: "auto",
    input: "Hi",
  });

  expect(status).toBe(200);
  expect(body).toMatchObject({ object: "response", output: [{ content: [{ text: "Hi" }] }] });
});

test("a body of Responses on chat completions gets a 400 that names the right path (gabrii/Cursor-Azure-GPT-5 #69)", async () => {
  const { status, body } = await post(registryOf(memoryProvider("one", [])), CHAT, {
    model: "auto",
    input: "Hi",
  });

  expect(status).toBe(400);
  expect(body.error.message).toContain("/v1/responses");
});

test("image parts in a tool message and an empty tool result are taken (QwenLM/qwen-code #3616, docker/docker-agent #333)", async () => {
  const image = { type: "image_url", image_url: { url: "data:image/png;base64,iVBORw0KGgo=" } };
  const calls = ["call_1", "call_2"].map((id) => ({ ...CALL, id }));
  const server = await say();

  const { status } = await post(registryFor(server), CHAT, {
    ...BODY,
    tools: TOOLS,
    messages: [
      USER,
      { role: "assistant", content: null, tool_calls: calls },
      { ...RESULT, content: [{ type: "text", text: "seen" }, image] },
      { ...RESULT, tool_call_id: "call_2", content: "" },
    ],
  });

  expect(status).toBe(200);
  expect(JSON.stringify(server.seen[0])).toContain("iVBORw0KGgo=");
});

test("models come from the list of the server (open-webui #4348, #16358)", async () => {
  const server = await serve((_, path) =>
    path.endsWith("/models")
      ? { body: { object: "list", data: [{ id: "loaded-today", object: "model" }] } }
      : { body: { choices: [{ index: 0, message: HI, finish_reason: "stop" }] } },
  );
  const registry = createRegistry({ providers: [createOpenAI({ id: "local", baseURL: server.baseURL })] });
  const gateway = createGateway(registry);

  const listed = (await (await gateway.fetch(new Request("http://127.0.0.1/v1/models"))).json()) as Value;
  const asked = await post(registry, CHAT, { ...BODY, model: "loaded-today" });

  expect(listed.data.map(({ id }: Fields) => id)).toContain("loaded-today");
  expect([asked.status, server.seen[0]?.["model"]]).toEqual([200, "loaded-today"]);
});

test.each([
  // a comment has one line end, and another ends the event that it is not
  [CHAT, { stream: true }, /^(?:: keepalive\n\n|data: .*\n\n)+$/],
  ["/v1/messages", { stream: true, max_tokens: 9 }, /^(?:event: .*\ndata: .*\n\n)+$/],
  ["/api/chat", {}, /^(?:\{.*\}\n)+$/],
])(
  "what keeps a connection of %s alive does not break old readers (theopenco/llmgateway PR #2334, jundot/omlx PR #1011, mistral-vibe PR #774)",
  async (path, body, whole) => {
    const registry = registryOf(memoryProvider("one", [100, ...answer("Hi")]));

    const told = await post(registry, path, { ...BODY, model: "auto", ...body }, { keepaliveMs: 20 });

    expect(told.text).toMatch(whole);
  },
);

test("a client that waits for a response gets events, because comments do not reset its timer (Menci/Floway #498)", async () => {
  const registry = registryOf(memoryProvider("one", [100, ...answer("Hi")]));

  const told = await post(
    registry,
    "/v1/responses",
    { model: "auto", input: "Hi", stream: true },
    { keepaliveMs: 20 },
  );

  expect(told.text.split("event: response.in_progress\n").length).toBeGreaterThan(2);
  expect(told.text).not.toMatch(/^:/m);
});

test("a failure after some text is an `error` event in Messages, never `end_turn` (BerriAI/litellm #32086)", async () => {
  const cut = [...text("half"), new ChatError("interrupted", "cut")];

  const told = await post(registryOf(memoryProvider("one", cut)), "/v1/messages", {
    ...BODY,
    model: "auto",
    max_tokens: 9,
    stream: true,
  });

  expect(told.text).toContain("half");
  expect(told.text).toMatch(/event: error\ndata: .*\n\n$/);
  expect(told.text).not.toMatch(/end_turn|message_stop/);
});

const MINUTE = 60_000;

test.each<[string, readonly StreamPart[], readonly number[]]>([
  [
    "the first token comes after minutes (ollama/ollama #7685, proxysoul/Empryo #87, cline/cline #9328, RooCodeInc/Roo-Code #3621)",
    answer("warm"),
    [4.9 * MINUTE, 0],
  ],
  [
    "a tool call is composed in silence (ollama/ollama #14858, #16108)",
    [
      { type: "text-delta", delta: "warm" },
      { type: "tool-call", id: "call_1", name: "now", arguments: "{}" },
      { type: "finish", finishReason: "tool-calls" },
    ],
    [0, 4.9 * MINUTE, 0],
  ],
])("a model on this machine is waited for while %s", async (_, parts, pauses) => {
  vi.useFakeTimers();
  closing.push(() => vi.useRealTimers());
  const cloud = memoryProvider("cloud", answer("from the cloud"));
  const fallthrough = {
    specificationVersion: 1,
    id: "ollama",
    name: "Ollama",
    status: { state: "active", checked: "2026-01-01" },
    models: [{ id: "m" }],
  };
  const nearby = {
    ...providerCard({ fallthrough }, { baseURL: "http://127.0.0.1:11434/v1" }),
    async *stream() {
      for (const [index, part] of parts.entries()) {
        // of a clock that the test moves
        await new Promise((resolve) => setTimeout(resolve, pauses[index]));
        yield part;
      }
    },
  };

  const told = post(registryOf(nearby, cloud), CHAT, { ...BODY, model: "auto", tools: TOOLS });
  await vi.advanceTimersByTimeAsync(5 * MINUTE);

  expect((await told).text).toContain("warm");
  expect((await told).headers.get("x-fallthrough-provider")).toBe("ollama");
  expect(cloud.requests).toEqual([]);
});

test("counts that nobody told are left out of the usage (vercel/ai #2763)", async () => {
  const end: StreamPart = { type: "finish", finishReason: "stop", usage: { inputTokens: 3 } };
  const told = await post(registryOf(memoryProvider("one", [...text("Hi"), end])), CHAT, {
    ...BODY,
    model: "auto",
  });
  const silent = await post(registryOf(memoryProvider("one", answer("Hi"))), CHAT, {
    ...BODY,
    model: "auto",
  });

  expect(told.body.usage).toEqual({ prompt_tokens: 3 });
  expect(silent.body.usage).toBeUndefined();
});
