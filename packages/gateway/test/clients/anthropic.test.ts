import Anthropic, {
  APIError,
  AuthenticationError,
  InternalServerError,
  NotFoundError,
  RateLimitError,
} from "@anthropic-ai/sdk";
import { betaZodTool } from "@anthropic-ai/sdk/helpers/beta/zod";
import { ChatError } from "@fallthrough/core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { z } from "zod";
import { type GatewayServerOptions, startGateway } from "../../src/index.ts";
import { answer, memoryProvider, registryOf, text } from "../case.ts";
import { type ClientSetup, startForClients, WEATHER } from "./setup.ts";

let setup: ClientSetup;
let client: Anthropic;

beforeAll(async () => {
  setup = await startForClients();
  client = clientOf(setup.gateway.port);
});
afterAll(() => setup.close());

function clientOf(port: number, options: ConstructorParameters<typeof Anthropic>[0] = {}): Anthropic {
  return new Anthropic({ baseURL: `http://127.0.0.1:${port}`, apiKey: "any", maxRetries: 0, ...options });
}

function question(content: string) {
  return { model: "auto", max_tokens: 100, messages: [{ role: "user" as const, content }] };
}

const TOOLS = [
  {
    name: WEATHER.name,
    description: WEATHER.description,
    input_schema: { ...WEATHER.parameters, required: ["city"] },
  },
];

/** A gateway in front of one provider, and a client of it. */
async function startWith(turn: Parameters<typeof memoryProvider>[1], options: GatewayServerOptions = {}) {
  const provider = memoryProvider("one", turn);
  const gateway = await startGateway(registryOf(provider), { port: 0, ...options });
  return { provider, gateway, at: (more = {}) => clientOf(gateway.port, more) };
}

test("a whole answer comes although the first provider failed, and the headers tell so", async () => {
  const { data, response, request_id } = await client.messages.create(question("hi 👋")).withResponse();

  expect(data.content).toEqual([{ type: "text", text: "You said hi 👋" }]);
  expect(data).toMatchObject({ stop_reason: "end_turn", usage: { input_tokens: 3, output_tokens: 4 } });
  expect(response.headers.get("x-fallthrough-provider")).toBe("up");
  expect(request_id).toBe(response.headers.get("x-request-id"));
});

test("a stream gives its text as it comes, and the final message", async () => {
  const said: string[] = [];
  const stream = client.messages.stream(question("hi")).on("text", (delta) => said.push(delta));

  const message = await stream.finalMessage();

  expect(said).toEqual(["You ", "said ", "hi"]);
  expect(message.content).toEqual([{ type: "text", text: "You said hi" }]);
  expect(message).toMatchObject({ stop_reason: "end_turn", usage: { input_tokens: 3, output_tokens: 4 } });
});

test("a tool is called and its result answered, streamed and whole", async () => {
  const asked = { ...question("What is the weather?"), tools: TOOLS };

  const streamed = await client.messages.stream(asked).finalMessage();
  const whole = await client.messages.create(asked);
  const result = { type: "tool_result" as const, tool_use_id: "call-1", content: "sunny" };
  const answered = await client.messages.create({
    ...asked,
    messages: [
      ...asked.messages,
      { role: "assistant", content: streamed.content },
      { role: "user", content: [result] },
    ],
  });

  const call = { type: "tool_use", id: "call-1", name: "weather", input: { city: "Rome" } };
  expect(streamed).toMatchObject({ content: [call], stop_reason: "tool_use" });
  expect(whole).toMatchObject({ content: [call], stop_reason: "tool_use" });
  expect(answered.content).toEqual([{ type: "text", text: "It is sunny" }]);
});

test("the client's own loop runs a tool until the answer is there", async () => {
  const weather = betaZodTool({
    name: "weather",
    description: "Tells the weather of a city",
    inputSchema: z.object({ city: z.string() }),
    run: ({ city }) => `sunny in ${city}`,
  });

  const message = await client.beta.messages.toolRunner({
    ...question("What is the weather?"),
    tools: [weather],
  });

  expect(message.content).toMatchObject([{ type: "text", text: "It is sunny in Rome" }]);
});

test("what proves a thought reaches the client, and comes back to its writer", async () => {
  const { provider, gateway, at } = await startWith([
    { type: "reasoning-delta", delta: "let me see", providerData: { one: { signature: "s1" } } },
    ...answer("hi"),
  ]);

  const { content } = await at().messages.stream(question("hi")).finalMessage();
  await at().messages.create({
    ...question("again"),
    messages: [
      { role: "user", content: "hi" },
      { role: "assistant", content },
      { role: "user", content: "again" },
    ],
  });

  expect(content).toMatchObject([
    { type: "thinking", thinking: "let me see" },
    { type: "text", text: "hi" },
  ]);
  expect(provider.requests.at(-1)?.messages[1]).toMatchObject({
    reasoning: [{ text: "let me see", providerData: { one: { signature: "s1" } } }],
  });
  await gateway.close();
});

test("tokens are counted", async () => {
  const { input_tokens } = await client.messages.countTokens({
    model: "auto",
    messages: [{ role: "user", content: "a".repeat(70) }],
  });

  expect(input_tokens).toBe(20);
});

test("the models are listed, page by page, and found", async () => {
  const ids: string[] = [];
  for await (const { id } of client.models.list({ limit: 3 })) ids.push(id);

  expect(ids).toEqual(["auto", "model", "down/model", "up/model"]);
  expect(await client.models.retrieve("up/model")).toMatchObject({
    id: "up/model",
    display_name: "up/model",
  });
});

test("an abort ends the call of the provider", async () => {
  const stream = client.messages.stream(question("wait"));
  stream.on("error", () => {});
  stream.done().catch(() => {});
  await vi.waitFor(() => expect(setup.provider.open).toBe(1));

  stream.abort();

  await vi.waitFor(() => expect(setup.provider.open).toBe(0), { timeout: 100, interval: 5 });
});

test("each status is the error class that the client has for it, with Anthropic's type", async () => {
  const limited = await startWith([new ChatError("rate-limit", "", { retryAfterMs: 1_000 })], {
    token: "a-token",
  });

  const unknown = client.messages.create({ ...question("hi"), model: "none" });
  const refused = limited.at({ apiKey: "another" }).messages.create(question("hi"));
  const late = limited.at({ apiKey: "a-token" }).messages.create(question("hi"));

  await expect(unknown).rejects.toBeInstanceOf(NotFoundError);
  await expect(unknown).rejects.toMatchObject({ type: "not_found_error" });
  await expect(refused).rejects.toBeInstanceOf(AuthenticationError);
  await expect(late).rejects.toBeInstanceOf(RateLimitError);
  await expect(late).rejects.toMatchObject({ type: "rate_limit_error" });
  await limited.gateway.close();
});

test("a chain that is spent is asked once, however often the client would try again", async () => {
  const calls: unknown[] = [];
  const { gateway, at } = await startWith([new ChatError("server", "down")], {
    onCall: (record) => calls.push(record),
  });

  const failure = at({ maxRetries: 3 }).messages.create(question("hi"));

  await expect(failure).rejects.toBeInstanceOf(InternalServerError);
  expect(calls).toHaveLength(1);
  await gateway.close();
});

test("a gateway that is full is asked again by the client, and answers when it has a place", async () => {
  const { provider, gateway, at } = await startWith(
    ({ messages }) => (messages[0]?.content === "first" ? [800, ...answer("late")] : answer("hi")),
    { maxCalls: 1 },
  );
  const first = at().messages.create(question("first"));
  await vi.waitFor(() => expect(provider.open).toBe(1));

  // the first is still there for the second, and gone when the third asks again after a second
  const refused = at().messages.create(question("second"));
  const patient = at({ maxRetries: 1 }).messages.create(question("third"));

  await expect(refused).rejects.toMatchObject({ status: 529, type: "overloaded_error" });
  expect((await patient).content).toMatchObject([{ text: "hi" }]);
  await first;
  await gateway.close();
});

test("a stream that breaks off is an error behind the text that came", async () => {
  const { gateway, at } = await startWith([...text("half"), new ChatError("interrupted", "cut")]);
  const said: string[] = [];
  const stream = at()
    .messages.stream(question("hi"))
    .on("text", (delta) => said.push(delta));

  const failure = await stream.finalMessage().catch((error: unknown) => error);

  expect(said).toEqual(["half"]);
  expect(failure).toBeInstanceOf(APIError);
  expect(failure).toMatchObject({ type: "api_error" });
  await gateway.close();
});

test("a client that waits for the first text gets signs of life that it passes over", async () => {
  const { gateway, at } = await startWith([200, ...answer("hi")], { keepaliveMs: 50 });

  const { content } = await at().messages.stream(question("hi")).finalMessage();

  expect(content).toEqual([{ type: "text", text: "hi" }]);
  await gateway.close();
});
