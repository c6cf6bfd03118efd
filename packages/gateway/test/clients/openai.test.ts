import { ChatError } from "@fallthrough/core";
import OpenAI, { APIError, AuthenticationError, NotFoundError, RateLimitError } from "openai";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startGateway } from "../../src/index.ts";
import { answer, memoryProvider, registryOf, text } from "../case.ts";
import { type ClientSetup, startForClients, WEATHER } from "./setup.ts";

let setup: ClientSetup;
let client: OpenAI;

beforeAll(async () => {
  setup = await startForClients();
  client = new OpenAI({ baseURL: setup.gateway.baseURL, apiKey: "any", maxRetries: 0 });
});
afterAll(() => setup.close());

function question(content: string) {
  return { model: "auto", messages: [{ role: "user" as const, content }] };
}

test("a whole answer comes although the first provider failed, and the headers tell so", async () => {
  const { data, response } = await client.chat.completions.create(question("hi 👋")).withResponse();

  expect(data.choices[0]?.message.content).toBe("You said hi 👋");
  expect(data.usage).toMatchObject({ prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 });
  expect(response.headers.get("x-fallthrough-provider")).toBe("up");
  expect(Number(response.headers.get("x-fallthrough-attempts"))).toBeGreaterThan(1);
});

test("a stream is one clean stream, with the usage that was asked for", async () => {
  const stream = await client.chat.completions.create({
    ...question("hi"),
    stream: true,
    stream_options: { include_usage: true },
  });

  let said = "";
  let tokens: number | undefined;
  for await (const chunk of stream) {
    said += chunk.choices[0]?.delta.content ?? "";
    tokens = chunk.usage?.total_tokens ?? tokens;
  }

  expect(said).toBe("You said hi");
  expect(tokens).toBe(7);
});

test("a tool is called and its result answered, streamed and whole", async () => {
  const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: "user", content: "What is the weather?" }];
  const tools: OpenAI.ChatCompletionTool[] = [
    { type: "function", function: { ...WEATHER, parameters: { ...WEATHER.parameters } } },
  ];

  const streamed = await client.chat.completions.stream({ model: "auto", messages, tools }).finalMessage();
  const whole = await client.chat.completions.create({ model: "auto", messages, tools });
  const call = whole.choices[0]?.message.tool_calls?.[0];
  const result: OpenAI.ChatCompletionToolMessageParam = {
    role: "tool",
    tool_call_id: "call-1",
    content: "sunny",
  };
  const answered = await client.chat.completions.create({
    model: "auto",
    messages: [...messages, whole.choices[0]?.message ?? { role: "assistant" }, result],
    tools,
  });

  const expected = {
    id: "call-1",
    type: "function",
    function: { name: "weather", arguments: '{"city":"Rome"}' },
  };
  expect(call).toEqual(expected);
  expect(streamed.tool_calls?.[0]).toMatchObject(expected);
  expect(answered.choices[0]?.message.content).toBe("It is sunny");
});

test("a function of the legacy form is called and its result answered, streamed and whole", async () => {
  const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: "user", content: "What is the weather?" }];
  const functions = [{ ...WEATHER, parameters: { ...WEATHER.parameters } }];
  const called = { name: "weather", arguments: '{"city":"Rome"}' };

  const streamed = await client.chat.completions
    .stream({ model: "auto", messages, functions })
    .finalMessage();
  const whole = await client.chat.completions.create({ model: "auto", messages, functions });
  const answered = await client.chat.completions.create({
    model: "auto",
    messages: [
      ...messages,
      { role: "assistant", content: null, function_call: called },
      { role: "function", name: "weather", content: "sunny" },
    ],
    functions,
  });

  expect(streamed.function_call).toEqual(called);
  expect(whole.choices[0]).toMatchObject({
    finish_reason: "function_call",
    message: { function_call: called },
  });
  expect(answered.choices[0]?.message.content).toBe("It is sunny");
});

test("the models are listed and found", async () => {
  const ids = [];
  for await (const { id } of client.models.list()) ids.push(id);

  expect(ids).toEqual(["auto", "model", "down/model", "up/model"]);
  expect(await client.models.retrieve("up/model")).toMatchObject({ id: "up/model", owned_by: "up" });
});

test("an abort ends the call of the provider", async () => {
  const controller = new AbortController();
  const stream = await client.chat.completions.create(
    { ...question("wait"), stream: true },
    { signal: controller.signal },
  );
  await vi.waitFor(() => expect(setup.provider.open).toBe(1));

  controller.abort();

  await vi.waitFor(() => expect(setup.provider.open).toBe(0), { timeout: 100, interval: 5 });
  expect(stream.controller.signal.aborted).toBe(true);
});

test("each status is the error class that the client has for it", async () => {
  const limited = memoryProvider("limited", [new ChatError("rate-limit", "", { retryAfterMs: 1_000 })]);
  const gateway = await startGateway(registryOf(limited), { port: 0, token: "a-token" });
  const at = (apiKey: string) => new OpenAI({ baseURL: gateway.baseURL, apiKey, maxRetries: 0 });

  const unknown = client.chat.completions.create({ ...question("hi"), model: "none" });
  const refused = at("another").chat.completions.create(question("hi"));
  const late = at("a-token").chat.completions.create(question("hi"));

  await expect(unknown).rejects.toBeInstanceOf(NotFoundError);
  await expect(unknown).rejects.toMatchObject({ code: "model_not_found", param: "model" });
  await expect(refused).rejects.toBeInstanceOf(AuthenticationError);
  await expect(late).rejects.toBeInstanceOf(RateLimitError);
  await gateway.close();
});

test("a stream that breaks off is an error behind the text that came", async () => {
  const cut = memoryProvider("cut", [...text("half"), new ChatError("interrupted", "cut")]);
  const gateway = await startGateway(registryOf(cut, memoryProvider("other", answer("never"))), { port: 0 });
  const at = new OpenAI({ baseURL: gateway.baseURL, apiKey: "any", maxRetries: 0 });
  const stream = await at.chat.completions.create({ ...question("hi"), stream: true });
  let said = "";

  const failure = await (async () => {
    for await (const chunk of stream) said += chunk.choices[0]?.delta.content ?? "";
  })().catch((error: unknown) => error);

  expect(said).toBe("half");
  expect(failure).toBeInstanceOf(APIError);
  expect(failure).toMatchObject({ code: "interrupted" });
  await gateway.close();
});
