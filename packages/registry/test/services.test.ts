import { type ChatRequest, type ChatResult, chat, type ToolDefinition } from "@fallthrough/core";
import { expect, test } from "vitest";
import { ChainExhaustedError, createChain, createMemoryHealth, createRegistry } from "../src/index.ts";
import { answer, fakeProvider, QUESTION } from "./fake-provider.ts";
import { type Answer, cards, fails, says, startService } from "./service.ts";

const TOOLS: readonly ToolDefinition[] = [{ name: "look", parameters: { type: "object" } }];
const WITH_TOOLS: ChatRequest = { ...QUESTION, tools: [...TOOLS] };
const IMAGE: ChatRequest["messages"][number] = {
  role: "user",
  content: [{ type: "image", data: new URL("https://pictures.example/a.png") }],
};
const JSON_WANTED: ChatRequest = {
  ...QUESTION,
  responseFormat: { type: "json", schema: { type: "object" } },
};

const spare = () => fakeProvider("spare", [answer("from the spare one")]);

function routeOf({ route }: ChatResult): string[] {
  return route.attempts.map(({ provider, outcome, code }) =>
    [provider, outcome, code].filter(Boolean).join(" "),
  );
}

async function failureOf(text: Promise<string>): Promise<ChainExhaustedError> {
  const error = await text.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ChainExhaustedError);
  return error as ChainExhaustedError;
}

test.each<[string, Answer, string]>([
  ["403", fails(403, "this model requires a subscription"), "auth"],
  ["402", fails(402, "This request requires more credits, or fewer max_tokens."), "payment"],
])(
  "services.md §1: a plain %s speaks of the model, and of the key once a second model was refused too",
  async (_, refusal, code) => {
    const service = await startService(({ body }) => (body.model?.startsWith("free") ? says("hi") : refusal));
    const registry = createRegistry({ providers: [service.provider("first")] });
    const ask = (model: string) => registry.chat({ ...QUESTION, model: `first/${model}` }).text();

    await failureOf(ask("one"));
    expect(await ask("free-a")).toBe("hi");
    expect(await failureOf(ask("two"))).toMatchObject({ code });
    const asked = service.asked.length;
    const error = await failureOf(ask("three"));

    expect(service.asked).toHaveLength(asked);
    expect(error.route.attempts).toMatchObject([{ outcome: "skipped", code }]);
  },
);

test("services.md §1: the same model answers a smaller request after a 402, because nobody else is there", async () => {
  const service = await startService(({ body }) =>
    Number(body["max_tokens"]) > 100 ? fails(402, "can only afford 100 tokens") : says("hi"),
  );
  const chain = createChain([service.provider("only", { models: cards({ m: undefined }) })]);

  await failureOf(chat(chain, { ...QUESTION, maxOutputTokens: 1_000 }).text());

  expect(await chat(chain, { ...QUESTION, maxOutputTokens: 10 }).text()).toBe("hi");
});

test("services.md §1: a 402 that says when the queue is shorter is over then, and every other within minutes", async () => {
  const service = await startService(({ body }) =>
    body.model === "queue"
      ? fails(402, "the queue is full", { "retry-after": "7" })
      : fails(402, "not in this tier"),
  );
  const registry = createRegistry({ providers: [service.provider("first")] });
  const waitOf = async (model: string) => {
    const { retryAt } = await failureOf(registry.chat({ ...QUESTION, model: `first/${model}` }).text());
    return Number(retryAt) - Date.now();
  };

  const queue = await waitOf("queue");
  await registry.resetHealth();
  const tier = await waitOf("tier");

  expect(queue).toBeGreaterThan(0);
  expect(queue).toBeLessThanOrEqual(7_000);
  expect(tier).toBeGreaterThan(7_000);
  expect(tier).toBeLessThanOrEqual(6 * 60_000);
});

test.each([
  "insufficient_quota",
  "billing_hard_limit_reached",
  "account_suspended",
  "credit_balance_too_low",
])("services.md §1: the exact account code %s speaks of the key at once", async (code) => {
  for (const status of [402, 403, 429]) {
    const service = await startService(() => fails(status, { error: { code, message: "no credit" } }));
    const registry = createRegistry({ providers: [service.provider("first")] });

    await failureOf(registry.chat({ ...QUESTION, model: "first/one" }).text());
    const error = await failureOf(registry.chat({ ...QUESTION, model: "first/two" }).text());

    expect(service.models()).toEqual(["one"]);
    expect(error.route.attempts).toMatchObject([{ outcome: "skipped", code: "payment" }]);
  }
});

test("services.md §1: a refused key is not asked again for any of its models", async () => {
  const service = await startService(() => fails(401, { error: { code: "invalid_api_key" } }));
  const registry = createRegistry({ providers: [service.provider("first"), spare()] });

  await failureOf(registry.chat({ ...QUESTION, model: "first/one" }).text());
  await failureOf(registry.chat({ ...QUESTION, model: "first/two" }).text());

  expect(service.models()).toEqual(["one"]);
});

test("services.md §1: a country without the service speaks of the origin, under every key", async () => {
  const service = await startService(() =>
    fails(400, [
      { error: { code: 400, message: "User location is not supported", status: "FAILED_PRECONDITION" } },
    ]),
  );
  const providers = [service.provider("first", { apiKey: "a" }), service.provider("second", { apiKey: "b" })];
  const health = createMemoryHealth();
  const chain = createChain(
    [...providers.map((provider) => ({ provider, model: "m" })), { provider: spare() }],
    { health },
  );

  expect(routeOf(await chat(chain, QUESTION).result())).toEqual([
    "first failed blocked",
    "second skipped blocked",
    "spare answered",
  ]);
});

const NEEDS: readonly (readonly [string, ChatRequest, Answer])[] = [
  ["tools", WITH_TOOLS, fails(404, "No endpoints found that support tool use.")],
  [
    "a tool choice",
    { ...WITH_TOOLS, toolChoice: "required" },
    fails(404, "No endpoints found that support the provided 'tool_choice' value."),
  ],
  ["images", { messages: [IMAGE] }, fails(404, "No endpoints found that support image input")],
  ["tools of Ollama", WITH_TOOLS, fails(400, "registry.ollama.ai/library/gemma does not support tools")],
  [
    "tools of a vLLM without a parser",
    WITH_TOOLS,
    fails(400, {
      message: '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set',
    }),
  ],
  ["a schema of DeepSeek", JSON_WANTED, fails(400, "This response_format type is unavailable now")],
  ["JSON while streaming", JSON_WANTED, fails(400, "`response_format` does not support streaming")],
  ["streaming with JSON", JSON_WANTED, fails(400, "Streaming is not supported with JSON mode")],
];

test.each(NEEDS)(
  "services.md §1: what is refused for %s is remembered for that need, and plain chat with the model goes on",
  async (_, asked, refusal) => {
    const isPlain = (body: object) => !/tools|image_url|response_format/.test(JSON.stringify(body));
    const service = await startService(({ body }) => (isPlain(body) ? says("hi") : refusal));
    const registry = createRegistry({
      providers: [service.provider("first", { models: cards({ m: undefined }) }), spare()],
    });

    const first = await registry.chat(asked).result();
    const second = await registry.chat(asked).result();
    const plain = await registry.chat(QUESTION).result();

    expect(routeOf(first)).toEqual(["first failed unsupported", "spare answered"]);
    expect(routeOf(second)).toEqual(["first skipped unsupported", "spare answered"]);
    expect(routeOf(plain)).toEqual(["first answered"]);
  },
);

test("services.md §1: a refusal for the data policy is about this request, and marks nobody", async () => {
  const service = await startService((_, place) =>
    place === 0
      ? fails(404, "No endpoints found matching your data policy (Free model training)")
      : says("hi"),
  );
  const registry = createRegistry({
    providers: [service.provider("first", { models: cards({ m: undefined }) }), spare()],
  });

  expect(routeOf(await registry.chat(QUESTION).result())).toEqual([
    "first failed unsupported",
    "spare answered",
  ]);
  expect(routeOf(await registry.chat(QUESTION).result())).toEqual(["first answered"]);
});

test("services.md §1: a call that Groq could not parse is worth the next candidate, and marks nobody", async () => {
  const service = await startService((_, place) =>
    place === 0
      ? fails(400, { error: { code: "tool_use_failed", message: "Failed to call a function." } })
      : says("hi"),
  );
  const registry = createRegistry({
    providers: [service.provider("first", { models: cards({ m: undefined }) }), spare()],
  });

  expect(routeOf(await registry.chat(WITH_TOOLS).result())).toEqual([
    "first failed unsupported",
    "spare answered",
  ]);
  expect(routeOf(await registry.chat(WITH_TOOLS).result())).toEqual(["first answered"]);
});

test.each<[string, Answer]>([
  ["404", fails(404, "no")],
  ["410", fails(410, "gone")],
  ["model_not_found", fails(400, { error: { code: "model_not_found" } })],
  ["unknown_model", fails(400, { error: { code: "unknown_model", message: "no" } })],
  [
    "Mistral's 1500",
    fails(400, { object: "error", message: "Invalid model: m", type: "invalid_model", code: "1500" }),
  ],
  ["OpenRouter's model id", fails(400, { error: { message: "a/b is not a valid model ID", code: 400 } })],
  ["DeepSeek's words", fails(400, { error: { message: "Model Not Exist", type: "invalid_request_error" } })],
])("services.md §1: %s speaks of the model, and other models of the server go on", async (_, refusal) => {
  const service = await startService(({ body }) => (body.model === "gone" ? refusal : says("hi")));
  const registry = createRegistry({
    providers: [service.provider("first")],
    aliases: { fast: ["first/gone", "first/here"] },
  });

  expect(routeOf(await registry.chat({ ...QUESTION, model: "fast" }).result())).toEqual([
    "first failed not-found",
    "first answered",
  ]);
  expect(routeOf(await registry.chat({ ...QUESTION, model: "fast" }).result())[0]).toBe(
    "first skipped not-found",
  );
});

test.each([400, 422])(
  "services.md §1: any other %d goes on to every other candidate, and marks nobody",
  async (status) => {
    const services = await Promise.all(
      ["one", "two", "three"].map(() => startService(() => fails(status, "I do not like this request"))),
    );
    const chain = createChain([
      ...services.map((service, place) => ({ provider: service.provider(`s${place}`), model: "m" })),
      { provider: spare() },
    ]);

    for (const _ of [1, 2]) {
      expect(routeOf(await chat(chain, QUESTION).result())).toEqual([
        "s0 failed bad-request",
        "s1 failed bad-request",
        "s2 failed bad-request",
        "spare answered",
      ]);
    }
  },
);

test("services.md §1: what is wrong for all is found before anybody is asked", async () => {
  const service = await startService(() => says("hi"));
  const chain = createChain([{ provider: service.provider("first"), model: "m" }, { provider: spare() }]);

  await expect(chat(chain, { messages: [] }).text()).rejects.toMatchObject({ code: "bad-request" });
  expect(service.asked).toEqual([]);
});

test("services.md §1: a 413 that names tokens per minute is a limit, and any other is the length", async () => {
  const limit = "Request too large for model on tokens per minute (TPM): Limit 6000, Requested 9000";
  for (const [words, code] of [
    [limit, "rate-limit"],
    ["Request Entity Too Large", "context-length"],
  ] as const) {
    const service = await startService(() => fails(413, words));
    const chain = createChain([{ provider: service.provider("first"), model: "m" }, { provider: spare() }]);
    expect(routeOf(await chat(chain, QUESTION).result())).toEqual([`first failed ${code}`, "spare answered"]);
  }
});

const TOO_LONG: readonly (readonly [string, Answer])[] = [
  [
    "vLLM's words",
    fails(400, { object: "error", message: "This model's maximum context length is 4096 tokens." }),
  ],
  [
    "SGLang's event",
    {
      body: `data: ${JSON.stringify({ error: { message: "Input exceeds the model's context length", code: 400 } })}\n\n`,
    },
  ],
  [
    "OpenAI's code behind 4 KiB",
    fails(400, { error: { message: "x".repeat(9_000), code: "context_length_exceeded" } }),
  ],
  ["Z.ai's reason", says([], "model_context_window_exceeded")],
  ["Mistral's reason", says([], "model_length")],
];

test.each(TOO_LONG)(
  "services.md §1: too long by %s goes on to a larger or unknown window, and never to one known to be smaller",
  async (_, refusal) => {
    const service = await startService(({ body }) => (body.model === "large" ? says("hi") : refusal));
    const provider = service.provider("first", {
      models: cards({ medium: 8_000, small: 4_000, same: 8_000, unknown: undefined, large: 128_000 }),
    });
    const models = ["medium", "small", "same", "unknown", "large"];
    const chain = createChain(models.map((model) => ({ provider, model })));

    const { route, text } = await chat(chain, QUESTION).result();

    expect(text).toBe("hi");
    expect(route.attempts.map(({ model, outcome }) => `${model} ${outcome}`)).toEqual([
      "medium failed",
      "small skipped",
      "same skipped",
      "unknown failed",
      "large answered",
    ]);
  },
);

test("services.md §1: windows are learned from the server's list of models", async () => {
  const list = {
    data: [
      { id: "small", context_length: 4_000 },
      { id: "large", max_model_len: 128_000 },
      { id: "tiny", context_window: 2_000 },
    ],
  };
  const service = await startService(
    ({ body }) => (body.model === "large" ? says("hi") : fails(400, "maximum context length is 4000")),
    list,
  );
  const registry = createRegistry({
    providers: [service.provider("first")],
    aliases: { any: ["first/small", "first/tiny", "first/large"] },
  });

  await registry.listModels();

  expect(routeOf(await registry.chat({ ...QUESTION, model: "any" }).result())).toEqual([
    "first failed context-length",
    "first skipped context-length",
    "first answered",
  ]);
});

test.each<[string, Answer, string]>([
  ["498", fails(498, "capacity"), "server"],
  ["424", fails(424, { error: "x", error_type: "generation" }), "server"],
  ["529", fails(529, "overloaded"), "server"],
  [
    "a DEGRADED function",
    fails(400, { title: "Bad Request", detail: "Function 'x': DEGRADED function cannot be invoked" }),
    "server",
  ],
  [
    "503 while loading",
    fails(503, { error: { code: 503, message: "Loading model", type: "unavailable_error" } }),
    "server",
  ],
  [
    "LM Studio's 200",
    { body: { error: "Unexpected endpoint or method. (POST /chat/completions)" } },
    "config",
  ],
])("services.md §1: %s says nothing of key or request, and the next is asked", async (_, refusal, code) => {
  const service = await startService(() => refusal);
  const chain = createChain([{ provider: service.provider("first"), model: "m" }, { provider: spare() }]);

  expect(routeOf(await chat(chain, QUESTION).result())).toEqual([`first failed ${code}`, "spare answered"]);
});

const CALL = { index: 0, id: "call_1", function: { name: "look", arguments: '{"at":' } };

test.each<[string, Answer, object]>([
  ["after text", says("half an", "length"), { text: "half an", toolCalls: [] }],
  ["after reasoning alone", says([{ reasoning_content: "Hm, " }], "length"), { text: "", reasoning: "Hm, " }],
  ["after a call that was cut", says([{ tool_calls: [CALL] }], "length"), { text: "", toolCalls: [] }],
  ["before anything", says([], "length"), { text: "" }],
])(
  "services.md §1: a limit %s is an answer: no error, no mark, and nobody else is asked",
  async (_, limited, expected) => {
    const service = await startService(() => limited);
    const health = createMemoryHealth();
    const chain = createChain([{ provider: service.provider("first"), model: "m" }, { provider: spare() }], {
      health,
    });

    for (let call = 1; call <= 4; call++) {
      const result = await chat(chain, { ...WITH_TOOLS, maxOutputTokens: 20 }).result();
      expect(result).toMatchObject({ finishReason: "length", ...expected });
      expect(routeOf(result)).toEqual(["first answered"]);
    }
  },
);

test.each(["error", "abort", "network_error", "insufficient_system_resource"])(
  "services.md §1: the finish reason %s before any text leaves the answer to the next",
  async (reason) => {
    const service = await startService(() => says([{ content: "" }], reason));
    const chain = createChain([{ provider: service.provider("first"), model: "m" }, { provider: spare() }]);

    expect(routeOf(await chat(chain, QUESTION).result())).toEqual(["first failed server", "spare answered"]);
  },
);

test.each<[string, Record<string, string>]>([
  ["OpenAI", { "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "6m0s" }],
  [
    "Groq",
    {
      "x-ratelimit-remaining-requests": "14370",
      "x-ratelimit-reset-requests": "2m59.56s",
      "x-ratelimit-remaining-tokens": "0",
      "x-ratelimit-reset-tokens": "57.66s",
    },
  ],
  ["OpenAI, for tokens", { "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "57.5s" }],
  ["Cerebras", { "x-ratelimit-remaining-tokens-day": "0", "x-ratelimit-reset-tokens-day": "33011.382" }],
  ["SambaNova", { "x-ratelimit-remaining-requests-minute": "0", "x-ratelimit-reset-requests-minute": "30" }],
  [
    "OpenRouter",
    {
      "x-ratelimit-limit": "20",
      "x-ratelimit-remaining": "0",
      "x-ratelimit-reset": `${Date.now() + 600_000}`,
    },
  ],
  [
    "Anthropic",
    {
      "anthropic-ratelimit-requests-remaining": "0",
      "anthropic-ratelimit-requests-reset": new Date(Date.now() + 600_000).toISOString(),
    },
  ],
  ["the draft", { ratelimit: '"default";r=0;t=30' }],
])(
  "services.md §2: a remaining of 0 on a success, as %s tells it, is worth as much as a 429",
  async (_, headers) => {
    const service = await startService(() => says("hi", "stop", headers));
    const chain = createChain([{ provider: service.provider("first"), model: "m" }, { provider: spare() }]);

    expect(routeOf(await chat(chain, QUESTION).result())).toEqual(["first answered"]);
    expect(routeOf(await chat(chain, QUESTION).result())).toEqual([
      "first skipped rate-limit",
      "spare answered",
    ]);
  },
);

test.each<[string, Record<string, string> | (() => Record<string, string>), unknown]>([
  ["Retry-After", { "retry-after": "120" }, {}],
  ["a date", () => ({ "retry-after": new Date(Date.now() + 120_000).toUTCString() }), {}],
  ["retry-after-ms", { "retry-after-ms": "120000" }, {}],
  ["RetryInfo", {}, [{ error: { code: 429, details: [{ retryDelay: "120s" }] } }]],
  ["estimated_time", {}, { error: "busy", estimated_time: 120 }],
])(
  "services.md §2: after a 429 with %s nobody asks before that time, not even as the last one",
  async (_, headers, body) => {
    const service = await startService(() =>
      fails(429, body, typeof headers === "function" ? headers() : headers),
    );
    const chain = createChain([{ provider: service.provider("only"), model: "m" }]);

    await failureOf(chat(chain, QUESTION).text());
    const { retryAt } = await failureOf(chat(chain, QUESTION).text());

    expect(service.asked).toHaveLength(1);
    expect(Math.abs(Number(retryAt) - Date.now() - 120_000)).toBeLessThan(30_000);
  },
);
