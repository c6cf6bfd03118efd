import { ChatError } from "@fallthrough/core";
import OpenAI, { APIError, NotFoundError } from "openai";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startGateway } from "../../src/index.ts";
import { memoryProvider, registryOf, text } from "../case.ts";
import { type ClientSetup, startForClients, WEATHER } from "./setup.ts";

// Responses through OpenAI's own client; chat completions have a file of their own

let setup: ClientSetup;
let client: OpenAI;

beforeAll(async () => {
  setup = await startForClients();
  client = new OpenAI({ baseURL: setup.gateway.baseURL, apiKey: "any", maxRetries: 0 });
});
afterAll(() => setup.close());

const TOOLS: OpenAI.Responses.Tool[] = [
  { type: "function", ...WEATHER, parameters: { ...WEATHER.parameters }, strict: false },
];

test("a whole response comes although the first provider failed, and the headers tell so", async () => {
  const { data, response } = await client.responses
    .create({ model: "auto", input: "hi 👋", instructions: "Be brief" })
    .withResponse();

  expect(data).toMatchObject({
    output_text: "You said hi 👋",
    status: "completed",
    usage: { input_tokens: 3, output_tokens: 4, total_tokens: 7 },
  });
  expect(response.headers.get("x-fallthrough-provider")).toBe("up");
  expect(setup.provider.requests.at(-1)?.messages).toMatchObject([
    { role: "system", content: "Be brief" },
    { role: "user", content: "hi 👋" },
  ]);
});

test("a stream gives its text in events, and the stream helper puts the response together", async () => {
  const stream = await client.responses.create({ model: "auto", input: "hi", stream: true });
  let said = "";
  for await (const event of stream) if (event.type === "response.output_text.delta") said += event.delta;

  const final = await client.responses.stream({ model: "auto", input: "hi" }).finalResponse();

  expect(said).toBe("You said hi");
  expect(final).toMatchObject({
    output_text: "You said hi",
    status: "completed",
    usage: { total_tokens: 7 },
  });
});

test("a tool is called and its result answered, streamed and whole, with the whole history and by the response before", async () => {
  const input: OpenAI.Responses.ResponseInput = [{ role: "user", content: "What is the weather?" }];

  const streamed = await client.responses.stream({ model: "auto", input, tools: TOOLS }).finalResponse();
  const whole = await client.responses.create({ model: "auto", input, tools: TOOLS });
  const [call] = whole.output;
  const result = { type: "function_call_output" as const, call_id: "call-1", output: "sunny" };
  const answered = await client.responses.create({
    model: "auto",
    input: [...input, ...(whole.output as OpenAI.Responses.ResponseInput), result],
    tools: TOOLS,
  });
  const continued = await client.responses.create({
    model: "auto",
    previous_response_id: streamed.id,
    input: [result],
    tools: TOOLS,
  });

  const expected = {
    type: "function_call",
    call_id: "call-1",
    name: "weather",
    arguments: '{"city":"Rome"}',
  };
  expect(call).toMatchObject(expected);
  expect(streamed.output[0]).toMatchObject(expected);
  expect([answered.output_text, continued.output_text]).toEqual(["It is sunny", "It is sunny"]);
});

test("a conversation is compacted, and goes on from there", async () => {
  const compacted = await client.responses.compact({ model: "auto", input: "Remember 7" });

  const { output_text } = await client.responses.create({
    model: "auto",
    input: [...(compacted.output as OpenAI.Responses.ResponseInput), { role: "user", content: "go on" }],
  });

  expect(compacted.output[0]?.type).toBe("compaction");
  expect(output_text).toBe("You said go on");
  expect(setup.provider.requests.at(-1)?.messages[0]?.content).toContain("Remember 7");
});

test("an abort ends the call of the provider", async () => {
  const controller = new AbortController();
  await client.responses.create(
    { model: "auto", input: "wait", stream: true },
    { signal: controller.signal },
  );
  await vi.waitFor(() => expect(setup.provider.open).toBe(1));

  controller.abort();

  await vi.waitFor(() => expect(setup.provider.open).toBe(0), { timeout: 100, interval: 5 });
});

test("each failure is the error class that the client has for it", async () => {
  const unknown = await failureOf(client.responses.create({ model: "none", input: "hi" }));
  const gone = await failureOf(
    client.responses.create({ model: "auto", input: "hi", previous_response_id: "resp_1" }),
  );

  expect(unknown).toBeInstanceOf(NotFoundError);
  expect(unknown).toMatchObject({ code: "model_not_found", param: "model" });
  expect(gone).toMatchObject({ status: 400, code: "previous_response_not_found" });
});

function failureOf(call: PromiseLike<unknown>): PromiseLike<unknown> {
  return call.then(
    () => undefined,
    (error: unknown) => error,
  );
}

test("a stream that breaks off is an error behind the text that came, also for the stream helper", async () => {
  const cut = memoryProvider("cut", [...text("half"), new ChatError("interrupted", "cut")]);
  const gateway = await startGateway(registryOf(cut), { port: 0 });
  const at = new OpenAI({ baseURL: gateway.baseURL, apiKey: "any", maxRetries: 0 });
  const stream = await at.responses.create({ model: "auto", input: "hi", stream: true });
  let said = "";

  const failure = await (async () => {
    for await (const event of stream) if (event.type === "response.output_text.delta") said += event.delta;
  })().catch((error: unknown) => error);
  const helped = at.responses.stream({ model: "auto", input: "hi" }).finalResponse();

  expect(said).toBe("half");
  expect(failure).toBeInstanceOf(APIError);
  expect(failure).toMatchObject({ code: "server_error" });
  await expect(helped).rejects.toBeInstanceOf(APIError);
  await gateway.close();
});

test("a client that waits in the middle of its text gets states, and loses nothing", async () => {
  const slow = memoryProvider("slow", [
    ...text("be"),
    300,
    ...text("fore"),
    { type: "finish", finishReason: "stop" },
  ]);
  const gateway = await startGateway(registryOf(slow), { port: 0, keepaliveMs: 40 });
  const at = new OpenAI({ baseURL: gateway.baseURL, apiKey: "any", maxRetries: 0 });
  let states = 0;

  const stream = at.responses.stream({ model: "auto", input: "hi" });
  stream.on("response.in_progress", () => states++);
  const { output_text, output } = await stream.finalResponse();

  expect(states).toBeGreaterThan(2);
  expect(output_text).toBe("before");
  expect(output).toHaveLength(1);
  await gateway.close();
});
