import { createRegistry } from "@fallthrough/registry";
import { expect, test } from "vitest";
import { createGateway } from "../../../src/index.ts";
import { memoryProvider } from "../../case.ts";
import { askOllama } from "./ask.ts";

const registry = createRegistry({
  providers: [
    memoryProvider(
      "one",
      [],
      [{ id: "m", contextWindow: 8192, capabilities: { tools: true, images: false } }],
    ),
    memoryProvider(
      "two",
      [],
      [{ id: "n", contextWindow: 4096, capabilities: { reasoning: true, tools: false, images: false } }],
    ),
    memoryProvider("open", [], []),
  ],
  aliases: { both: ["one/m", "two/n"], "claude-*": "both" },
});

function get(path: string, method = "GET", headers: Record<string, string> = {}) {
  const { fetch } = createGateway(registry, { token: "a-token" });
  return fetch(new Request(`http://127.0.0.1:8787${path}`, { method, headers }));
}

test.each(["GET", "HEAD"])(
  "%s / says that a server is here, as clients look for it, without a token",
  async (method) => {
    const response = await get("/", method);

    expect(response.status).toBe(200);
    expect(await response.text()).toBe(method === "GET" ? "Ollama is running" : "");
  },
);

test("the version is one that clients take, and no model is kept in memory", async () => {
  const headers = { authorization: "Bearer a-token" };

  expect(await (await get("/api/version")).json()).toEqual({
    version: expect.stringMatching(/^0\.\d+\.\d+$/),
  });
  expect(await (await get("/api/ps", "GET", headers)).json()).toEqual({ models: [] });
});

test("every name that can be asked for is a tag, with what it can do", async () => {
  const response = await get("/api/tags", "GET", { authorization: "Bearer a-token" });

  const { models } = (await response.json()) as { models: { name: string; capabilities: string[] }[] };
  expect(models.map(({ name }) => name)).toEqual(["auto", "both", "m", "n", "one/m", "two/n", "open"]);
  expect(models.find(({ name }) => name === "one/m")).toMatchObject({
    model: "one/m",
    modified_at: "2026-01-01T00:00:00.000Z",
    capabilities: ["completion", "tools"],
  });
  expect((await get("/api/tags")).status).toBe(401);
});

test.each([
  ["both", ["completion", "tools", "thinking"], 4096],
  ["one/m", ["completion", "tools"], 8192],
  ["claude-haiku-4-5", ["completion", "tools", "thinking"], 4096],
  ["open/any:7b", ["completion", "tools", "vision"], undefined],
])("%s is shown with %j and a window of %s", async (model, capabilities, window) => {
  for (const body of [{ model }, { model: undefined, name: model }]) {
    const shown = (await (await askOllama(createGateway(registry), body, "/api/show")).json()) as {
      model_info: Record<string, unknown>;
    };

    expect(shown).toMatchObject({ capabilities, model_info: { "general.basename": model } });
    expect(shown.model_info[`${shown.model_info["general.architecture"]}.context_length`]).toBe(window);
  }
});

test("a name that nobody has is no model to show", async () => {
  const response = await askOllama(createGateway(registry), { model: "none" }, "/api/show");

  expect(response.status).toBe(404);
  expect(await response.json()).toMatchObject({ error: expect.stringContaining("unknown model") });
});

test("a path of the API that there is not is told in its shape", async () => {
  const response = await get("/api/pull");

  expect(response.status).toBe(404);
  expect(await response.json()).toMatchObject({ error: expect.stringContaining("unknown") });
});
