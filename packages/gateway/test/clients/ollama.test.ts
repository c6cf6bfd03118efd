import { ChatError } from "@fallthrough/core";
import { type Message, Ollama } from "ollama";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startGateway } from "../../src/index.ts";
import { memoryProvider, registryOf, text } from "../case.ts";
import { type ClientSetup, startForClients, WEATHER } from "./setup.ts";

let setup: ClientSetup;
let client: Ollama;

beforeAll(async () => {
  setup = await startForClients();
  client = clientOf(setup.gateway.port);
});
afterAll(() => setup.close());

function clientOf(port: number): Ollama {
  return new Ollama({ host: `http://127.0.0.1:${port}` });
}

function question(content: string): { model: string; messages: Message[] } {
  return { model: "auto", messages: [{ role: "user", content }] };
}

test("an answer comes whole and streamed although the first provider failed", async () => {
  const whole = await client.chat(question("hi 👋"));
  let said = "";
  let last: unknown;
  for await (const part of await client.chat({ ...question("hi"), stream: true })) {
    said += part.message.content;
    last = part;
  }

  expect(whole.message.content).toBe("You said hi 👋");
  expect(whole).toMatchObject({
    model: "up/model",
    done_reason: "stop",
    prompt_eval_count: 3,
    eval_count: 4,
  });
  expect(said).toBe("You said hi");
  expect(last).toMatchObject({ done: true, done_reason: "stop", eval_count: 4 });
});

test("a tool is called and its result answered", async () => {
  const asked = question("What is the weather?");
  const { name, description, parameters } = WEATHER;
  const tools = [
    { type: "function", function: { name, description, parameters: { ...parameters, required: ["city"] } } },
  ];

  const { message } = await client.chat({ ...asked, tools });
  const result = { role: "tool", tool_name: "weather", content: "sunny" };
  const answered = await client.chat({ ...asked, messages: [...asked.messages, message, result], tools });

  expect(message.tool_calls).toMatchObject([{ function: { name: "weather", arguments: { city: "Rome" } } }]);
  expect(answered.message.content).toBe("It is sunny");
});

test("a single prompt is answered, whole and streamed", async () => {
  const whole = await client.generate({ model: "auto", prompt: "hi" });
  let said = "";
  for await (const part of await client.generate({ model: "auto", prompt: "hi", stream: true }))
    said += part.response;

  expect(whole.response).toBe("You said hi");
  expect(said).toBe("You said hi");
});

test("the models are listed and shown", async () => {
  const { models } = await client.list();
  const { capabilities } = await client.show({ model: "up/model" });
  const { models: running } = await client.ps();
  const { version } = await client.version();

  expect(models.map(({ name }) => name)).toEqual(["auto", "model", "down/model", "up/model"]);
  expect(capabilities).toContain("tools");
  expect(running).toEqual([]);
  expect(version).toMatch(/^0\./);
});

test("an abort ends the call of the provider", async () => {
  const stream = await client.chat({ ...question("wait"), stream: true });
  await vi.waitFor(() => expect(setup.provider.open).toBe(1));

  stream.abort();

  await vi.waitFor(() => expect(setup.provider.open).toBe(0), { timeout: 100, interval: 5 });
});

test("a failure is the client's own error, before the first line with the status, and behind the text that came", async () => {
  const cut = memoryProvider("cut", [...text("half"), new ChatError("interrupted", "cut")]);
  const gateway = await startGateway(registryOf(cut), { port: 0 });
  let said = "";

  const unknown = client.chat({ ...question("hi"), model: "none" });
  const broken = (async () => {
    for await (const part of await clientOf(gateway.port).chat({ ...question("hi"), stream: true })) {
      said += part.message.content;
    }
  })();

  await expect(unknown).rejects.toMatchObject({ name: "ResponseError", status_code: 404 });
  await expect(broken).rejects.toThrow(/interrupted/);
  expect(said).toBe("half");
  await gateway.close();
});
