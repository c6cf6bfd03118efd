import { createOpenAI } from "@fallthrough/provider-openai";
import { createRegistry } from "@fallthrough/registry";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningGateway, startGateway } from "../../../src/index.ts";
import { type StandInModel, startModel } from "../../model.ts";
import { connect } from "./case.ts";
import { compaction, failure, type ResponseObject } from "./open-responses.ts";
import { type ReadEvents, readEvents, readResponse } from "./read-events.ts";

// the demands of the acceptance tests of the standard, one test for each of theirs
// (github.com/openresponses/openresponses, src/lib/compliance-tests.ts), over sockets and a stand-in of a model

let model: StandInModel;
let gateway: RunningGateway;

beforeAll(async () => {
  model = await startModel();
  const provider = createOpenAI({ id: "one", baseURL: model.baseURL, models: [{ id: "model" }] });
  gateway = await startGateway(createRegistry({ providers: [provider] }), { port: 0 });
});
afterAll(async () => {
  await gateway.close();
  await model.close();
});

function post(body: object, path = "/responses"): Promise<Response> {
  return fetch(`${gateway.baseURL}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: "Bearer any" },
    body: JSON.stringify(body),
  });
}

async function respond(body: object): Promise<ResponseObject> {
  return readResponse(await (await post({ model: "auto", stream: false, ...body })).json());
}

async function stream(body: object): Promise<ReadEvents> {
  return readEvents(await (await post({ model: "auto", stream: true, ...body })).text());
}

function user(content: string | object[]): object {
  return { type: "message", role: "user", content };
}

const TOOL = {
  type: "function",
  name: "get_weather",
  description: "Get the current weather for a location",
  parameters: {
    type: "object",
    properties: { location: { type: "string", description: "The city and state" } },
    required: ["location"],
  },
};
const IMAGE =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

test("basic text", async () => {
  const { output, status } = await respond({ input: [user("Say hello in exactly 3 words.")] });

  expect(output.length).toBeGreaterThan(0);
  expect(status).toBe("completed");
});

test("a streamed response", async () => {
  const { events, response } = await stream({ input: [user("Count from 1 to 5.")] });

  expect(events.length).toBeGreaterThan(0);
  expect(response.status).toBe("completed");
});

test("a system prompt", async () => {
  const system = { type: "message", role: "system", content: "You are a pirate." };

  const { output, status } = await respond({ input: [system, user("Say hello.")] });

  expect(output.length).toBeGreaterThan(0);
  expect(status).toBe("completed");
  expect(model.last.messages).toMatchObject([{ role: "system" }, { role: "user" }]);
});

test("a tool is called", async () => {
  const { output } = await respond({ input: [user("What's the weather like?")], tools: [TOOL] });

  expect(output.map(({ type }) => type)).toContain("function_call");
});

test("a tool is called in a stream", async () => {
  const { events } = await stream({ input: [user("What's the weather like?")], tools: [TOOL] });

  const types = events.map(({ type }) => type);
  expect(types).toContain("response.function_call_arguments.delta");
  expect(types).toContain("response.function_call_arguments.done");
  for (const type of ["response.output_item.added", "response.output_item.done"]) {
    expect(events.some((event) => event.type === type && event.item?.type === "function_call")).toBe(true);
  }
});

test("an image as a data URL", async () => {
  const content = [
    { type: "input_text", text: "What do you see?" },
    { type: "input_image", image_url: IMAGE },
  ];

  const { output, status } = await respond({ input: [user(content)] });

  expect(output.length).toBeGreaterThan(0);
  expect(status).toBe("completed");
  expect(JSON.stringify(model.last.messages)).toContain(IMAGE);
});

test("several turns", async () => {
  const assistant = { type: "message", role: "assistant", content: "Hello Alice! How can I help?" };

  const { output, status } = await respond({
    input: [user("My name is Alice."), assistant, user("What is my name?")],
  });

  expect(output.length).toBeGreaterThan(0);
  expect(status).toBe("completed");
  expect(model.last.messages).toHaveLength(3);
});

test("the phase of an answer in a history", async () => {
  const assistant = {
    type: "message",
    role: "assistant",
    phase: "commentary",
    content: [{ type: "output_text", text: "I will look.", annotations: [] }],
  };

  const { status } = await respond({ input: [user("Look."), assistant, user("And?")] });

  expect(status).toBe("completed");
  expect(model.last.messages[1]).toMatchObject({
    role: "assistant",
    content: "I will look.",
  });
});

test("the phase of a response, where it has one, is one of two", async () => {
  const { output } = await respond({ input: [user("Say hello.")] });

  for (const item of output) {
    expect([undefined, "commentary", "final_answer"]).toContain((item as { phase?: string }).phase);
  }
});

test("a conversation is compacted, and goes on from there", async () => {
  const response = await post(
    { model: "auto", input: [user("My name is Alice."), user("Hi")] },
    "/responses/compact",
  );
  const compact = compaction.parse(await response.json()) as { output: object[] };

  const { status } = await respond({ input: [...compact.output, user("What is my name?")] });

  expect(response.status).toBe(200);
  expect(status).toBe("completed");
  expect(JSON.stringify(compact)).not.toContain("Alice");
  expect(model.last.messages[0]?.content).toContain("Alice");
});

test("a compaction without a model is refused", async () => {
  const response = await post({ input: [user("Hi")] }, "/responses/compact");

  expect([400, 422]).toContain(response.status);
  failure.parse(await response.json());
});

test("WebSocket: one response", async () => {
  const connection = await connect(gateway);

  const { response } = await connection.ask({ model: "auto", input: [user("Say hello.")] });

  expect(response.status).toBe("completed");
  connection.close();
});

test("WebSocket: two in a row", async () => {
  const connection = await connect(gateway);

  const first = await connection.ask({ model: "auto", input: [user("Say hello.")] });
  const second = await connection.ask({ model: "auto", input: [user("Say it again.")] });

  expect([first, second].map(({ response }) => response.status)).toEqual(["completed", "completed"]);
  expect(second.response.id).not.toBe(first.response.id);
  connection.close();
});

test("WebSocket: a response goes on from the one before with only what is new", async () => {
  const connection = await connect(gateway);
  const first = await connection.ask({
    model: "auto",
    store: false,
    input: [user("What's the weather?")],
    tools: [TOOL],
  });
  const [call] = first.response.output.filter(({ type }) => type === "function_call");

  const second = await connection.ask({
    model: "auto",
    store: false,
    previous_response_id: first.response.id,
    input: [{ type: "function_call_output", call_id: call?.call_id, output: "sunny" }],
    tools: [TOOL],
  });

  expect(second.response).toMatchObject({ status: "completed", previous_response_id: first.response.id });
  expect(model.last.messages).toMatchObject([
    { role: "user", content: "What's the weather?" },
    { role: "assistant", tool_calls: [{ id: call?.call_id }] },
    { role: "tool", content: "sunny" },
  ]);
  connection.close();
});

test("WebSocket: a previous response that is unknown", async () => {
  const connection = await connect(gateway);

  const { failed } = await connection.ask({
    model: "auto",
    previous_response_id: "resp_unknown",
    input: [user("Hi")],
  });

  expect(failed).toMatchObject({
    type: "error",
    status: 400,
    error: { code: "previous_response_not_found" },
  });
  connection.close();
});

test("WebSocket: what was not stored is unknown on another connection, and a new chain works there", async () => {
  const before = await connect(gateway);
  const first = await before.ask({ model: "auto", store: false, input: [user("Hi")] });
  before.close();
  const after = await connect(gateway);

  const { id: previous_response_id } = first.response;
  const gone = await after.ask({ model: "auto", store: false, previous_response_id, input: [user("Go on")] });
  const anew = await after.ask({ model: "auto", store: false, input: [user("Hi"), user("Go on")] });

  expect(first.response.store).toBe(false);
  expect(gone.failed?.error.code).toBe("previous_response_not_found");
  expect(anew.response.status).toBe("completed");
  after.close();
});

test("WebSocket: a continuation that fails drops the response that it went on from", async () => {
  const connection = await connect(gateway);
  const first = await connection.ask({ model: "auto", store: false, input: [user("Hi")] });
  const previous_response_id = first.response.id;
  const output = { type: "function_call_output", call_id: "call_never_made", output: "x" };

  const wrong = await connection.ask({ model: "auto", store: false, previous_response_id, input: [output] });
  const gone = await connection.ask({
    model: "auto",
    store: false,
    previous_response_id,
    input: [user("Go on")],
  });

  expect(wrong.failed).toMatchObject({ status: 400, error: { param: "input[0].call_id" } });
  expect(gone.failed?.error.code).toBe("previous_response_not_found");
  connection.close();
});

test("WebSocket: a compacted window begins a new chain", async () => {
  const body = { model: "auto", input: [user("My name is Alice.")] };
  const { output } = (await (await post(body, "/responses/compact")).json()) as { output: object[] };
  const connection = await connect(gateway);

  const { response } = await connection.ask({
    model: "auto",
    store: false,
    input: [...output, user("My name?")],
  });

  expect(response).toMatchObject({ status: "completed", previous_response_id: null });
  expect(model.last.messages[0]?.content).toContain("Alice");
  connection.close();
});
