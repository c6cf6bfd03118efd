import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { VERSION as anthropicModel, createAnthropic } from "@ai-sdk/anthropic";
import { VERSION as openaiModel } from "@ai-sdk/openai";
import { VERSION as compatible, createOpenAICompatible } from "@ai-sdk/openai-compatible";
import Anthropic from "@anthropic-ai/sdk";
import langchainAnthropic from "@langchain/anthropic/package.json" with { type: "json" };
import core from "@langchain/core/package.json" with { type: "json" };
import { ChatOpenAI } from "@langchain/openai";
import langchain from "@langchain/openai/package.json" with { type: "json" };
import { generateText } from "ai";
import { Ollama } from "ollama";
import ollama from "ollama/package.json" with { type: "json" };
import OpenAI from "openai";
import { afterAll, beforeAll, expect, test } from "vitest";
import lock from "../../../../scripts/clients/package-lock.json" with { type: "json" };
import manifest from "../../package.json" with { type: "json" };

// only with the newest releases, by `npm run test:clients`: what it says of them holds for no other

const { "": wanted, ...installed } = lock.packages;
const seen: IncomingHttpHeaders[] = [];
const server = createServer(({ headers }, response) => {
  seen.push(headers);
  response.writeHead(404).end();
});
let baseURL: string;

beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
});
afterAll(() => server.close());

function newest(name: keyof typeof wanted.dependencies): string {
  return installed[`node_modules/${name}`].version;
}

/** What the server saw of a call that it refuses. */
async function headersOf(call: PromiseLike<unknown>): Promise<IncomingHttpHeaders | undefined> {
  await expect(call).rejects.toThrow();
  return seen.at(-1);
}

test("every client that the tests import is among the newest", () => {
  const imported = Object.keys(manifest.devDependencies).filter(
    // the page at the root has tools of its own
    (name) => !/^(?:@(?:fallthrough|types)\/|axe-core$|playwright-core$)/.test(name),
  );

  expect(Object.keys(wanted.dependencies).sort()).toEqual(imported.sort());
});

test("`openai` is the newest", async () => {
  const client = new OpenAI({ baseURL, apiKey: "any", maxRetries: 0 });

  const headers = await headersOf(client.models.list());

  expect(headers).toMatchObject({ "user-agent": `OpenAI/JS ${newest("openai")}` });
});

test("the AI SDK is the newest", async () => {
  const model = createOpenAICompatible({ name: "fallthrough", baseURL, apiKey: "any" })("auto");

  const headers = await headersOf(generateText({ model, prompt: "hi", maxRetries: 0 }));

  expect(headers?.["user-agent"]?.split(" ")).toContain(`ai/${newest("ai")}`);
  expect(compatible).toBe(newest("@ai-sdk/openai-compatible"));
  expect(openaiModel).toBe(newest("@ai-sdk/openai"));
});

test("`@anthropic-ai/sdk` is the newest, and the AI SDK's way to Anthropic", async () => {
  const client = new Anthropic({ baseURL, apiKey: "any", maxRetries: 0 });
  const model = createAnthropic({ baseURL, apiKey: "any" })("auto");

  const headers = await headersOf(client.models.list());
  await headersOf(generateText({ model, prompt: "hi", maxOutputTokens: 100, maxRetries: 0 }));

  expect(headers).toMatchObject({ "user-agent": `Anthropic/JS ${newest("@anthropic-ai/sdk")}` });
  expect(anthropicModel).toBe(newest("@ai-sdk/anthropic"));
});

test("`ollama` is the newest", async () => {
  const headers = await headersOf(new Ollama({ host: new URL(baseURL).origin }).list());

  expect(headers?.["user-agent"]).toMatch(/^ollama-js\//);
  expect(ollama.version).toBe(newest("ollama"));
});

test("LangChain is the newest, and asks through the newest `openai`", async () => {
  const model = new ChatOpenAI({ apiKey: "any", maxRetries: 0, configuration: { baseURL } });

  const headers = await headersOf(model.invoke("hi"));

  expect(headers).toMatchObject({ "x-stainless-package-version": newest("openai") });
  expect(langchain.version).toBe(newest("@langchain/openai"));
  expect(langchainAnthropic.version).toBe(newest("@langchain/anthropic"));
  expect(core.version).toBe(newest("@langchain/core"));
});
