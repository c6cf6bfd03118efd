import { expect, test } from "vitest";
import { parseModels } from "../src/models.ts";

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

test.each([[{}], [null], [{ data: "none" }]])("%j is no list", (value) => {
  expect(() => parseModels(value)).toThrow(expect.objectContaining({ code: "protocol" }));
});

test.each([
  ["a bare list, as Together answers it", [{ id: "m" }]],
  ["`models`", { models: [{ id: "m" }] }],
  ["`data`", { data: [{ id: "m" }] }],
])("services.md §5: a list of models may be %s", (_, value) => {
  expect(parseModels(value)).toEqual([{ id: "m" }]);
});

test.each([
  ["context_window", { context_window: 9 }],
  ["context_length", { context_length: 9 }],
  ["max_model_len", { max_model_len: 9 }],
  ["max_context_length", { max_context_length: 9 }],
  ["meta.n_ctx", { meta: { n_ctx: 9, n_ctx_train: 10 } }],
  [
    "top_provider.context_length, which is less than the model's own",
    { top_provider: { context_length: 9 }, context_length: 10 },
  ],
])("services.md §5: the context window is read from %s", (_, fields) => {
  expect(parseModels({ data: [{ id: "m", ...fields }] })).toEqual([{ id: "m", contextWindow: 9 }]);
});

test.each([
  { id: "text-embedding-nomic-embed-text-v1.5" },
  { id: "nomic-embed-text:latest" },
  { id: "bge-m3" },
  { id: "BAAI/bge-reranker-v2" },
  { id: "@cf/baai/bge-small-en" },
  { id: "all-minilm:l6-v2" },
  { id: "whisper-large-v3-turbo" },
  { id: "playai-tts" },
  { id: "tts-1-hd" },
  { id: "omni-moderation-latest" },
  { id: "dall-e-3" },
  { id: "gpt-4o-transcribe" },
  { id: "one", type: "embedding" },
  { id: "two", capabilities: { completion_chat: false } },
  { id: "three", architecture: { output_modalities: ["image"] } },
])("services.md §5: $id is not for chat, and is left out", (model) => {
  expect(parseModels({ data: [model, { id: "llama3.2" }] })).toEqual([{ id: "llama3.2" }]);
});

test.each(["gpt-4o", "qwen3:latest", "influx-7b", "mistral-small-latest", "openai/gpt-oss-120b:free"])(
  "%s is for chat",
  (id) => {
    expect(parseModels({ data: [{ id }] })).toEqual([{ id }]);
  },
);
