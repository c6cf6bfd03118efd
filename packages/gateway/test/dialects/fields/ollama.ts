import { type FieldTable, PNG } from "./field-row.ts";

const USER = { role: "user", content: "Hi" };
const TOOL = { type: "function", function: { name: "now", parameters: { type: "object", properties: {} } } };
const GENERATE = "/api/generate";

function options(fields: object): object {
  return { options: fields };
}

/** The fields of Ollama's own API. */
export const OLLAMA: FieldTable = {
  dialect: "Ollama",
  path: "/api/chat",
  plain: { model: "auto", messages: [USER], stream: false },
  rows: [
    {
      field: "`model`",
      cases: [
        { body: { model: "one/model" }, reads: { model: "model" } },
        { body: { model: "none" }, status: 404 },
      ],
    },
    {
      field: "`messages`, or `prompt` and `system`",
      cases: [
        { body: { messages: [USER] }, reads: { messages: [USER] } },
        {
          path: GENERATE,
          body: { messages: undefined, prompt: "Hi", system: "be short" },
          reads: { messages: [{ role: "system", content: "be short" }, USER] },
        },
      ],
    },
    {
      field: "`images`",
      cases: [
        {
          body: { messages: [{ ...USER, images: [PNG] }] },
          reads: { messages: [{ content: [{ type: "text" }, { type: "image", data: PNG }] }] },
        },
        {
          path: GENERATE,
          body: { messages: undefined, prompt: "Hi", images: [PNG] },
          reads: { messages: [{ content: [{ type: "text" }, { type: "image", data: PNG }] }] },
        },
      ],
    },
    {
      field: "`thinking`, `tool_calls`, `tool_name`, `tool_call_id`",
      cases: [
        {
          body: {
            messages: [
              USER,
              {
                role: "assistant",
                content: "",
                thinking: "hm",
                tool_calls: [
                  { function: { name: "now", arguments: {} } },
                  { id: "own", function: { name: "here" } },
                ],
              },
              { role: "tool", tool_name: "now", content: "12:00" },
              { role: "tool", tool_call_id: "own", content: "Rome" },
            ],
          },
          reads: {
            messages: [
              USER,
              {
                reasoning: [{ text: "hm" }],
                toolCalls: [
                  { id: "call_0", name: "now" },
                  { id: "own", name: "here" },
                ],
              },
              { role: "tool", toolCallId: "call_0", content: "12:00" },
              { role: "tool", toolCallId: "own", content: "Rome" },
            ],
          },
        },
      ],
    },
    {
      field: "`provider_data` of a message",
      cases: [
        {
          body: {
            messages: [
              USER,
              {
                role: "assistant",
                content: "a",
                provider_data: ['fallthrough:one:{"message":{"details":["d"]}}'],
              },
              USER,
            ],
          },
          reads: { messages: [USER, { content: "a", providerData: { one: { details: ["d"] } } }, USER] },
        },
      ],
    },
    { field: "`tools`", cases: [{ body: { tools: [TOOL] }, reads: { tools: [{ name: "now" }] } }] },
    {
      field: "`format`: `json` or a schema",
      cases: [
        { body: { format: "json" }, reads: { responseFormat: { type: "json" } } },
        {
          body: { format: { type: "object" } },
          reads: { responseFormat: { type: "json", schema: { type: "object" } } },
        },
      ],
    },
    {
      field: "`think`",
      cases: [
        { body: { think: false }, reads: { reasoningEffort: "none" } },
        { body: { think: "max" }, reads: { reasoningEffort: "xhigh" } },
        { body: { think: "low" }, reads: { reasoningEffort: "low" } },
        { body: { think: true }, without: /reasoningEffort|think/ },
      ],
    },
    {
      field:
        "`options`: `num_predict`, `temperature`, `top_p`, `top_k`, `seed`, `stop`, `presence_penalty`, `frequency_penalty`",
      cases: [
        { body: options({ num_predict: 7 }), reads: { maxOutputTokens: 7 } },
        { body: options({ temperature: 0.5 }), reads: { temperature: 0.5 } },
        { body: options({ top_p: 0.5 }), reads: { topP: 0.5 } },
        { body: options({ top_k: 5 }), reads: { topK: 5 } },
        { body: options({ seed: 7 }), reads: { seed: 7 } },
        { body: options({ stop: ["END"] }), reads: { stopSequences: ["END"] } },
        { body: options({ presence_penalty: 0.5 }), reads: { presencePenalty: 0.5 } },
        { body: options({ frequency_penalty: 0.5 }), reads: { frequencyPenalty: 0.5 } },
      ],
    },
    {
      field: "other `options` and fields",
      cases: [
        {
          body: options({ num_ctx: 4096 }),
          reads: { protocol: "ollama", extraFields: { options: { num_ctx: 4096 } } },
          foreign: "options",
        },
        { body: { template: "t" }, reads: { extraFields: { template: "t" } }, foreign: "template" },
      ],
    },
    { field: "`keep_alive`", cases: [{ body: { keep_alive: "5m" }, without: /keep_alive|5m/ }] },
    {
      field: "no message and no prompt",
      cases: [
        { body: { messages: [] }, reads: undefined, answers: /"done_reason":"load"/ },
        { body: { messages: [], keep_alive: 0 }, answers: /"done_reason":"unload"/ },
        { path: GENERATE, body: { messages: undefined }, answers: /"done_reason":"load"/ },
      ],
    },
    {
      field: "`raw`, `suffix`, `context`",
      cases: [
        { path: GENERATE, body: { messages: undefined, prompt: "Hi", raw: true }, status: 400 },
        { path: GENERATE, body: { messages: undefined, prompt: "Hi", suffix: "x" }, status: 400 },
        { path: GENERATE, body: { messages: undefined, prompt: "Hi", context: [1] }, status: 400 },
      ],
    },
  ],
};
