import Anthropic from "@anthropic-ai/sdk";
import { type Content, type FunctionDeclaration, GoogleGenAI, type Part, ThinkingLevel } from "@google/genai";
import OpenAI from "openai";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Services, startServices } from "../src/services.ts";

// what a vendor's own client cannot read is not what the vendor sends

const QUESTION = "Is it blue?";
const parameters = { type: "object", properties: { question: { type: "string" } } } as const;

let services: Services;
beforeEach(async () => {
  services = await startServices({
    anthropic: { apiKey: "key" },
    gemini: { apiKey: "key" },
    openai: { apiKey: "key" },
  });
});
afterEach(() => services.close());

function anthropic(): Anthropic {
  return new Anthropic({ baseURL: services.anthropic.baseURL, apiKey: "key", maxRetries: 0 });
}

function gemini(): GoogleGenAI {
  return new GoogleGenAI({ apiKey: "key", httpOptions: { baseUrl: services.gemini.baseURL } });
}

function openai(): OpenAI {
  return new OpenAI({ baseURL: services.openai.baseURL, apiKey: "key", maxRetries: 0 });
}

test("Anthropic's client thinks, calls a tool and answers, over two turns", async () => {
  const messages: Anthropic.MessageParam[] = [];
  const tools: Anthropic.Tool[] = [{ name: "look", input_schema: parameters }];

  for (const question of [QUESTION, "Is it secret?"]) {
    messages.push({ role: "user", content: question });
    for (;;) {
      const message = await anthropic()
        .messages.stream({
          model: "claude-sonnet-4-6",
          max_tokens: 100,
          thinking: { type: "adaptive" },
          tools,
          messages,
        })
        .finalMessage();
      messages.push({ role: "assistant", content: message.content });
      const [thought, said] = message.content;
      expect(thought?.type).toBe(question === QUESTION ? "thinking" : "redacted_thinking");
      expect(message.usage).toMatchObject({ input_tokens: 4, output_tokens: 11 });
      if (said?.type !== "tool_use") {
        expect(said).toMatchObject({ type: "text", text: services.answerTo(question) });
        expect(message.stop_reason).toBe("end_turn");
        break;
      }
      expect(said).toMatchObject({ name: "look", input: { question } });
      expect(message.stop_reason).toBe("tool_use");
      messages.push({ role: "user", content: [{ type: "tool_result", tool_use_id: said.id, content: "7" }] });
    }
  }

  expect(services.anthropic.requests).toHaveLength(4);
});

test("Gemini's client thinks, calls tools and answers, over two turns", async () => {
  const contents: Content[] = [];
  const functionDeclarations: FunctionDeclaration[] = ["look", "hear"].map((name) => ({
    name,
    parametersJsonSchema: parameters,
  }));
  const config = {
    tools: [{ functionDeclarations }],
    thinkingConfig: { includeThoughts: true, thinkingLevel: ThinkingLevel.LOW },
  };

  for (const question of [QUESTION, "And red?"]) {
    contents.push({ role: "user", parts: [{ text: question }] });
    for (;;) {
      const parts: Part[] = [];
      let reason: unknown;
      const stream = await gemini().models.generateContentStream({
        model: "gemini-3-flash",
        contents,
        config,
      });
      for await (const { candidates: [candidate] = [] } of stream) {
        parts.push(...(candidate?.content?.parts ?? []));
        reason = candidate?.finishReason ?? reason;
      }
      contents.push({ role: "model", parts });
      expect(parts[0]).toMatchObject({ thought: true });
      expect(reason).toBe("STOP");
      const calls = parts.flatMap(({ functionCall }) => functionCall ?? []);
      if (calls.length === 0) {
        const text = parts.map((part) => (part.thought ? "" : (part.text ?? ""))).join("");
        expect(text).toBe(services.answerTo(question));
        break;
      }
      expect(calls.map(({ name, args }) => [name, args])).toEqual([
        ["look", { question }],
        ["hear", { question }],
      ]);
      contents.push({
        role: "user",
        parts: calls.map((call) => ({
          functionResponse: {
            id: call.id,
            name: call.name,
            response: { output: "7" },
          } as Part["functionResponse"],
        })) as Part[],
      });
    }
  }

  expect(services.gemini.requests).toHaveLength(4);
});

test("OpenAI's client thinks, calls tools and answers in Responses, over two turns", async () => {
  const input: OpenAI.Responses.ResponseInput = [];
  const tools = ["look", "hear"].map(
    (name) => ({ type: "function", name, parameters, strict: false }) as const,
  );

  for (const question of [QUESTION, "And red?"]) {
    input.push({ role: "user", content: question });
    for (;;) {
      const response = await openai()
        .responses.stream({
          model: "o3-pro",
          input,
          tools,
          store: false,
          include: ["reasoning.encrypted_content"],
          reasoning: { effort: "low", summary: "auto" },
        })
        .finalResponse();
      input.push(...(response.output as OpenAI.Responses.ResponseInput));
      expect(response.output[0]).toMatchObject({
        type: "reasoning",
        summary: [{ text: expect.stringContaining("characters") }],
        encrypted_content: expect.any(String),
      });
      expect(response.usage?.total_tokens).toBe(18);
      const calls = response.output.filter((item) => item.type === "function_call");
      if (calls.length === 0) {
        expect(response.output_text).toBe(services.answerTo(question));
        break;
      }
      expect(calls.map(({ name, arguments: text }) => [name, JSON.parse(text)])).toEqual([
        ["look", { question }],
        ["hear", { question }],
      ]);
      for (const { call_id } of calls) input.push({ type: "function_call_output", call_id, output: "7" });
    }
  }

  expect(services.openai.requests).toHaveLength(4);
});

test("OpenAI's client calls tools and answers in chat completions, over two turns", async () => {
  const messages: OpenAI.ChatCompletionMessageParam[] = [];
  const tools = ["look", "hear"].map(
    (name) => ({ type: "function", function: { name, parameters } }) as const,
  );

  for (const question of [QUESTION, "And red?"]) {
    messages.push({ role: "user", content: question });
    for (;;) {
      const stream = openai().chat.completions.stream({
        model: "gpt-5-mini",
        messages,
        tools,
        reasoning_effort: "low",
        stream_options: { include_usage: true },
      });
      const { choices, usage } = await stream.finalChatCompletion();
      const [{ message, finish_reason } = { message: undefined, finish_reason: undefined }] = choices;
      if (message === undefined) throw new Error("the answer has no choice");
      messages.push(message);
      expect(usage?.total_tokens).toBe(18);
      if (message.tool_calls === undefined) {
        expect(message.content).toBe(services.answerTo(question));
        expect(finish_reason).toBe("stop");
        break;
      }
      expect(finish_reason).toBe("tool_calls");
      expect(message.tool_calls).toMatchObject([
        { function: { name: "look", arguments: JSON.stringify({ question }) } },
        { function: { name: "hear", arguments: JSON.stringify({ question }) } },
      ]);
      for (const { id } of message.tool_calls)
        messages.push({ role: "tool", tool_call_id: id, content: "7" });
    }
  }

  expect(services.openai.requests).toHaveLength(4);
});

test("answers as one JSON value are read, too", async () => {
  const messages = [{ role: "user", content: QUESTION } as const];

  const [message, content, response, completion] = await Promise.all([
    anthropic().messages.create({ model: "claude-sonnet-4-6", max_tokens: 9, messages }),
    gemini().models.generateContent({ model: "gemini-3-flash", contents: QUESTION }),
    openai().responses.create({ model: "o3-pro", input: QUESTION, store: false }),
    openai().chat.completions.create({ model: "gpt-5-mini", messages }),
  ]);

  expect([
    message.content.flatMap((block) => (block.type === "text" ? block.text : [])).join(""),
    content.text,
    response.output_text,
    completion.choices[0]?.message.content,
  ]).toEqual(Array.from({ length: 4 }, () => services.answerTo(QUESTION)));
});

test("the models are listed page by page", async () => {
  const lists = await Promise.all([
    namesOf(anthropic().models.list()),
    gemini()
      .models.list({ config: { pageSize: 1 } })
      .then(namesOf),
    namesOf(openai().models.list()),
  ]);

  expect(lists).toEqual([
    ["claude-sonnet-4-6", "claude-haiku-4-5"],
    ["models/gemini-3-flash", "models/gemini-2.5-flash"],
    ["gpt-5-mini", "gpt-4o-mini", "o3-pro"],
  ]);
});

test.each([
  ["rate-limit", [429, 429, 429]],
  ["server-error", [529, 503, 500]],
] as const)("%s is the failure that each client knows by its status", async (behaviour, statuses) => {
  for (const upstream of [services.anthropic, services.gemini, services.openai]) upstream.behave(behaviour);
  const statusOf = (call: Promise<unknown>): Promise<unknown> =>
    call.then(
      () => "answered",
      (error: { readonly status?: unknown }) => error.status,
    );

  expect(
    await Promise.all([
      statusOf(
        anthropic()
          .messages.stream({
            model: "claude-sonnet-4-6",
            max_tokens: 9,
            messages: [{ role: "user", content: QUESTION }],
          })
          .finalMessage(),
      ),
      statusOf(gemini().models.generateContentStream({ model: "gemini-3-flash", contents: QUESTION })),
      statusOf(openai().responses.stream({ model: "o3-pro", input: QUESTION, store: false }).finalResponse()),
    ]),
  ).toEqual(statuses);
});

async function namesOf(
  models: AsyncIterable<{ readonly id?: string | undefined; readonly name?: string | undefined }>,
): Promise<readonly unknown[]> {
  const names: unknown[] = [];
  for await (const { id, name } of models) names.push(id ?? name);
  return names;
}
