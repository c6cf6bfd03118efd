import { expect, test } from "vitest";
import type { ChatMessage, ChatRequest, ProviderCard } from "../../src/contract/contract.ts";
import {
  deniedCapability,
  findModel,
  needsOf,
  selectModel,
  wishWarnings,
} from "../../src/contract/requirements.ts";

const messages: ChatMessage[] = [{ role: "user", content: "hi" }];
const CARD: ProviderCard = {
  specificationVersion: 1,
  id: "toy",
  name: "Toy",
  status: { state: "active", checked: "2026-01-01" },
  models: [{ id: "first", aliases: ["second"] }, { id: "second" }, { id: "third", aliases: ["3"] }],
};

test("a model is found by id before alias, and without a name it is the first", () => {
  expect(findModel(CARD, undefined)?.id).toBe("first");
  expect(findModel(CARD, "second")?.id).toBe("second");
  expect(findModel(CARD, "3")?.id).toBe("third");
  expect(findModel(CARD, "4")).toBeUndefined();
});

test("a name is handed on where the card has no models", () => {
  const card = { ...CARD, models: [] };

  expect(selectModel(card, "any")).toEqual({ model: "any" });
  expect(selectModel(card, undefined)).toEqual({ model: undefined });
});

test("an unknown model is not found, and the message lists what exists", () => {
  expect(() => selectModel(CARD, "fourth")).toThrow(
    expect.objectContaining({
      code: "not-found",
      message: 'unknown model "fourth", expected one of first, second, third',
    }),
  );
});

test.each([
  ["another name", "other", "only"],
  ["another of its models", "also", "also"],
])("where the site decides, %s is answered with a warning", (_, name, model) => {
  const card = {
    ...CARD,
    models: [
      { id: "only", selectable: false },
      { id: "also", selectable: false },
    ],
  };

  expect(selectModel(card, name)).toEqual({ model, warning: expect.stringContaining(`"${name}"`) });
  expect(selectModel(card, "only")).toEqual({ model: "only" });
  expect(selectModel(card, undefined)).toEqual({ model: "only" });
});

test.each<[string, Partial<ChatRequest>, readonly string[]]>([
  ["plain text", {}, []],
  ["an empty list of tools", { tools: [] }, []],
  ["a tool", { tools: [{ name: "f", parameters: {} }] }, ["tools"]],
  ["a choice that is none", { tools: [{ name: "f", parameters: {} }], toolChoice: "auto" }, ["tools"]],
  [
    "a tool that it names",
    { tools: [{ name: "f", parameters: {} }], toolChoice: { name: "f" } },
    ["tools", "tool-choice"],
  ],
  ["JSON output", { responseFormat: { type: "json" } }, ["json"]],
  ["JSON by a schema", { responseFormat: { type: "json", schema: {} } }, ["json", "json-schema"]],
  ["text output", { responseFormat: { type: "text" } }, []],
  [
    "two images and a file",
    {
      messages: [
        { role: "user", content: [{ type: "image", data: "" }] },
        {
          role: "user",
          content: [
            { type: "image", data: "" },
            { type: "file", data: "" },
          ],
        },
      ],
    },
    ["images", "files"],
  ],
])("%s needs its abilities, each once", (_, request, required) => {
  expect(needsOf({ messages, ...request })).toEqual(required);
});

test("only a card that says no denies an ability", () => {
  const required = ["json"] as const;

  expect(deniedCapability({ id: "a", capabilities: { json: false } }, required)).toBe("json");
  expect(deniedCapability({ id: "a", capabilities: { json: true } }, required)).toBeUndefined();
  expect(deniedCapability({ id: "a", capabilities: { tools: false } }, required)).toBeUndefined();
  expect(deniedCapability({ id: "a" }, required)).toBeUndefined();
  expect(deniedCapability(undefined, required)).toBeUndefined();
});

test("a sampling setting that is not honoured becomes a warning, zero included", () => {
  const request: ChatRequest = { messages, temperature: 0, topP: 1, maxOutputTokens: undefined };

  const warnings = [...wishWarnings(CARD, request, { honours: ["topP"] })];

  expect(warnings).toEqual([
    {
      type: "warning",
      code: "unsupported",
      message: "Toy does not take `temperature`, so it was left out",
    },
  ]);
});

test("an option that the provider does not know becomes a warning, those of others do not", () => {
  const request: ChatRequest = { messages, providerOptions: { toy: { known: 1, odd: 2 }, other: { x: 1 } } };

  const warnings = [...wishWarnings(CARD, request, { options: ["known"] })];

  expect(warnings).toEqual([
    { type: "warning", code: "unsupported", message: "Toy has no option `odd`, expected one of known" },
  ]);
});
