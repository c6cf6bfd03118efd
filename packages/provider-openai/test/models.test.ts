import { expect, test } from "vitest";
import { firstChatModel, parseModels } from "../src/models.ts";

test("models are listed with their context windows", () => {
  const data = [
    { id: "openai/gpt-4o", context_length: 128000 },
    { id: "Qwen/Qwen3-8B", object: "model", max_model_len: 32768 },
    { id: "llama3.2", context_length: null },
    { name: "without an id" },
  ];

  expect(parseModels({ object: "list", data })).toEqual([
    { id: "openai/gpt-4o", contextWindow: 128000 },
    { id: "Qwen/Qwen3-8B", contextWindow: 32768 },
    { id: "llama3.2" },
  ]);
});

test("a server without models may answer null", () => {
  expect(parseModels({ object: "list", data: null })).toEqual([]);
});

test.each([[{}], [[]], [null], [{ data: "none" }]])("%j is no list", (value) => {
  expect(() => parseModels(value)).toThrow(expect.objectContaining({ code: "protocol" }));
});

test("a model that does not chat is not chosen", () => {
  const models = [{ id: "text-embedding-nomic-embed-text-v1.5" }, { id: "bge-reranker" }, { id: "llama3.2" }];

  expect(firstChatModel(models)?.id).toBe("llama3.2");
});
