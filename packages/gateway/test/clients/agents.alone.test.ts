import { ChatError } from "@fallthrough/core";
import { Agent, OpenAIProvider, Runner, tool } from "@openai/agents";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { startGateway } from "../../src/index.ts";
import { memoryProvider, registryOf, text } from "../case.ts";
import { type ClientSetup, startForClients } from "./setup.ts";

// the Agents SDK as it is installed: Responses, and nothing set but the address

let setup: ClientSetup;
let runner: Runner;

beforeAll(async () => {
  setup = await startForClients();
  runner = runnerAt(setup.gateway.baseURL);
});
afterAll(() => setup.close());

function runnerAt(baseURL: string): Runner {
  const modelProvider = new OpenAIProvider({ baseURL, apiKey: "any" });
  return new Runner({ modelProvider, tracingDisabled: true });
}

const weather = tool({
  name: "weather",
  description: "Tells the weather of a city",
  parameters: z.object({ city: z.string() }),
  execute: async ({ city }) => `sunny in ${city}`,
});

test("an agent answers although the first provider failed", async () => {
  const agent = new Agent({ name: "Helper", instructions: "Be brief", model: "auto" });

  const { finalOutput } = await runner.run(agent, "hi");

  expect(finalOutput).toBe("You said hi");
  expect(setup.provider.requests.at(-1)?.messages[0]).toEqual({ role: "system", content: "Be brief" });
});

test("a tool is run and its result answered, whole and streamed, and the conversation goes on", async () => {
  const agent = new Agent({ name: "Helper", model: "auto", tools: [weather] });

  const whole = await runner.run(agent, "What is the weather?");
  const streamed = await runner.run(agent, "What is the weather?", { stream: true });
  for await (const _ of streamed) {
    // events are read to the end
  }
  const next = await runner.run(new Agent({ name: "Helper", model: "auto" }), [
    ...whole.history,
    { role: "user", content: "thanks" },
  ]);

  expect(whole.finalOutput).toBe("It is sunny in Rome");
  expect(streamed.finalOutput).toBe("It is sunny in Rome");
  expect(next.finalOutput).toBe("You said thanks");
});

test("a run goes on from the response before", async () => {
  const agent = new Agent({ name: "Helper", model: "auto" });
  const first = await runner.run(agent, "one");

  const { lastResponseId } = first;
  await runner.run(agent, "two", lastResponseId === undefined ? {} : { previousResponseId: lastResponseId });

  expect(setup.provider.requests.at(-1)?.messages).toMatchObject([
    { role: "user", content: "one" },
    { role: "assistant", content: "You said one" },
    { role: "user", content: "two" },
  ]);
});

test("a stream that breaks off is an error", async () => {
  const cut = memoryProvider("cut", [...text("half"), new ChatError("interrupted", "cut")]);
  const gateway = await startGateway(registryOf(cut), { port: 0 });
  const agent = new Agent({ name: "Helper", model: "auto" });

  const streamed = await runnerAt(gateway.baseURL).run(agent, "hi", { stream: true });
  const failure = await (async () => {
    for await (const _ of streamed) {
      // events are read to the end
    }
    await streamed.completed;
  })().catch((error: unknown) => error);

  expect(failure).toBeInstanceOf(Error);
  await gateway.close();
});
