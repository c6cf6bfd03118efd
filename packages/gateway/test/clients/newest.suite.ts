import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { VERSION as compatible, createOpenAICompatible } from "@ai-sdk/openai-compatible";
import core from "@langchain/core/package.json" with { type: "json" };
import { ChatOpenAI } from "@langchain/openai";
import langchain from "@langchain/openai/package.json" with { type: "json" };
import { generateText } from "ai";
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
  const imported = Object.keys(manifest.devDependencies).filter((name) => !name.startsWith("@fallthrough/"));

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
});

test("LangChain is the newest, and asks through the newest `openai`", async () => {
  const model = new ChatOpenAI({ apiKey: "any", maxRetries: 0, configuration: { baseURL } });

  const headers = await headersOf(model.invoke("hi"));

  expect(headers).toMatchObject({ "x-stainless-package-version": newest("openai") });
  expect(langchain.version).toBe(newest("@langchain/openai"));
  expect(core.version).toBe(newest("@langchain/core"));
});
