import { expect } from "vitest";
import { type FieldTable, PNG } from "./field-row.ts";

const USER = { role: "user", content: "Hi" };
const NOW = { name: "now", parameters: { type: "object", properties: {} } };
const TOOL = { type: "function", function: NOW };
const CALL = { id: "call_1", type: "function", function: { name: "now", arguments: "{}" } };
const RESULT = { role: "tool", tool_call_id: "call_1", content: "12:00" };

function asking(...content: readonly object[]): object {
  return { messages: [{ role: "user", content }] };
}

/** The fields of chat completions. */
export const CHAT_COMPLETIONS: FieldTable = {
  dialect: "Chat completions",
  path: "/v1/chat/completions",
  plain: { messages: [USER] },
  rows: [
    {
      field: "`model`",
      cases: [
        { body: { model: "auto" }, reads: { model: "model" } },
        { body: { model: "model" }, reads: { model: "model" } },
        { body: { model: "one/model" }, reads: { model: "model" } },
        { body: { model: "none" }, status: 404, answers: /model_not_found/ },
      ],
    },
    {
      field: "`messages` with `system`, `developer`, `user`, `assistant`, `tool`",
      cases: [
        {
          body: {
            messages: [
              { role: "system", content: "a" },
              { role: "developer", content: "b" },
              USER,
              { role: "assistant", content: null, tool_calls: [CALL] },
              RESULT,
            ],
          },
          reads: {
            messages: [
              { role: "system", content: "a" },
              { role: "system", content: "b" },
              USER,
              { role: "assistant", toolCalls: [{ id: "call_1", name: "now", arguments: "{}" }] },
              { role: "tool", toolCallId: "call_1", content: "12:00" },
            ],
          },
        },
      ],
    },
    {
      field: "role `function`, `function_call`, `functions`",
      cases: [
        {
          body: {
            functions: [NOW],
            messages: [
              USER,
              { role: "assistant", content: null, function_call: { name: "now", arguments: "{}" } },
              { role: "function", name: "now", content: "12:00" },
            ],
          },
          reads: {
            tools: [NOW],
            parallelToolCalls: false,
            messages: [
              USER,
              { role: "assistant", toolCalls: [{ name: "now", arguments: "{}" }] },
              { role: "tool", toolName: "now", content: "12:00" },
            ],
          },
        },
        {
          body: { functions: [NOW], function_call: { name: "now" } },
          reads: { toolChoice: { name: "now" } },
        },
      ],
    },
    {
      field: "`image_url`",
      cases: [
        {
          body: asking({ type: "image_url", image_url: { url: `data:image/png;base64,${PNG}` } }),
          reads: { messages: [{ content: [{ type: "image", mediaType: "image/png" }] }] },
        },
      ],
    },
    {
      field: "`file`, `input_audio`",
      cases: [
        {
          body: asking({
            type: "file",
            file: { filename: "a.pdf", file_data: "data:application/pdf;base64,JVBERi0=" },
          }),
          reads: {
            messages: [{ content: [{ type: "file", name: "a.pdf", mediaType: "application/pdf" }] }],
          },
        },
        {
          body: asking({ type: "input_audio", input_audio: { data: "UklGRg==", format: "wav" } }),
          reads: { messages: [{ content: [{ type: "file", mediaType: "audio/wav" }] }] },
        },
      ],
    },
    {
      field: "`tools` of `function`",
      cases: [
        { body: { tools: [TOOL] }, reads: { tools: [NOW] }, without: /strict/ },
        {
          body: { tools: [{ type: "function", function: { ...NOW, strict: true } }] },
          reads: { tools: [{ ...NOW, strict: true }] },
        },
      ],
    },
    {
      field: "`tools` of another type (`custom`)",
      cases: [{ body: { tools: [{ type: "custom", custom: { name: "now" } }] }, status: 400 }],
    },
    {
      field: "`tool_choice`, `parallel_tool_calls`",
      cases: [
        { body: { tools: [TOOL], tool_choice: "required" }, reads: { toolChoice: "required" } },
        {
          body: { tools: [TOOL], tool_choice: { type: "function", function: { name: "now" } } },
          reads: { toolChoice: { name: "now" } },
        },
        { body: { tools: [TOOL], parallel_tool_calls: false }, reads: { parallelToolCalls: false } },
      ],
    },
    {
      field: "`refusal` among the pieces of `content`",
      cases: [
        {
          body: {
            messages: [
              USER,
              { role: "assistant", content: [{ type: "refusal", refusal: "I cannot." }] },
              USER,
            ],
          },
          reads: { messages: [USER, { role: "assistant", content: "I cannot." }, USER] },
        },
      ],
    },
    {
      field: "`refusal` and `annotations` beside `content`",
      cases: [
        {
          body: {
            messages: [USER, { role: "assistant", content: "a", refusal: null, annotations: [] }, USER],
          },
          reads: { messages: [USER, { role: "assistant", content: "a" }, USER] },
          without: /refusal|annotations/,
        },
      ],
    },
    {
      field: "`stream`, `stream_options.include_usage`",
      cases: [
        { body: { stream: true }, answers: /^(?!.*"usage":\{)data: .*data: \[DONE\]/s },
        {
          body: { stream: true, stream_options: { include_usage: true } },
          answers: /"usage":\{.*data: \[DONE\]/s,
          without: /stream_options|include_usage/,
        },
      ],
    },
    {
      field: "`response_format` of `json_object` or `json_schema`",
      cases: [
        { body: { response_format: { type: "json_object" } }, reads: { responseFormat: { type: "json" } } },
        {
          body: {
            response_format: {
              type: "json_schema",
              json_schema: { name: "n", schema: { type: "object" }, strict: true },
            },
          },
          reads: {
            responseFormat: { type: "json", name: "n", schema: { type: "object" }, strict: true },
          },
        },
      ],
    },
    {
      field: "`max_completion_tokens`, `max_tokens`",
      cases: [
        { body: { max_completion_tokens: 7 }, reads: { maxOutputTokens: 7 } },
        { body: { max_tokens: 8 }, reads: { maxOutputTokens: 8 } },
      ],
    },
    {
      field: "`temperature`, `top_p`, `top_k`, `presence_penalty`, `frequency_penalty`, `stop`",
      cases: [
        { body: { temperature: 0.5 }, reads: { temperature: 0.5 } },
        { body: { top_p: 0.5 }, reads: { topP: 0.5 } },
        { body: { top_k: 5 }, reads: { topK: 5 } },
        { body: { presence_penalty: 0.5 }, reads: { presencePenalty: 0.5 } },
        { body: { frequency_penalty: 0.5 }, reads: { frequencyPenalty: 0.5 } },
        { body: { stop: "END" }, reads: { stopSequences: ["END"] } },
        { body: { stop: ["A", "B"] }, reads: { stopSequences: ["A", "B"] } },
      ],
    },
    {
      field: "`seed`",
      cases: [
        { body: { seed: 7 }, reads: { seed: 7 } },
        { body: { seed: 2 ** 60 }, reads: { seed: expect.any(Number) } },
      ],
    },
    {
      field: "`reasoning_effort`",
      cases: [{ body: { reasoning_effort: "high" }, reads: { reasoningEffort: "high" } }],
    },
    {
      field: "`reasoning_content`, `reasoning_details`, `extra_content`",
      cases: [
        {
          body: { messages: [USER, { role: "assistant", content: "a", reasoning_content: "hm" }, USER] },
          reads: { messages: [USER, { reasoning: [{ text: "hm" }] }, USER] },
        },
        {
          body: {
            messages: [
              USER,
              {
                role: "assistant",
                content: "a",
                reasoning_details: [
                  {
                    type: "reasoning.text",
                    text: "hm",
                    format: "fallthrough",
                    signature: 'fallthrough:one:{"s":1}',
                  },
                ],
              },
              USER,
            ],
          },
          reads: { messages: [USER, { reasoning: [{ text: "hm", providerData: { one: { s: 1 } } }] }, USER] },
        },
        {
          body: {
            messages: [
              USER,
              {
                role: "assistant",
                tool_calls: [
                  { ...CALL, extra_content: { google: { thought_signature: "fallthrough:one:s" } } },
                ],
              },
              RESULT,
            ],
          },
          reads: {
            messages: [
              USER,
              {
                toolCalls: [
                  { providerData: { one: { extra_content: { google: { thought_signature: "s" } } } } },
                ],
              },
              {},
            ],
          },
        },
      ],
    },
    { field: "`n` other than 1", cases: [{ body: { n: 2 }, status: 400 }] },
  ],
};
