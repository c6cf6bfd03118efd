import { expect } from "vitest";
import { type FieldTable, PNG } from "./field-row.ts";

const USER = { role: "user", content: "Hi" };
const TOOL = { type: "function", name: "now", parameters: { type: "object", properties: {} } };
const CALL = { type: "function_call", call_id: "call_1", name: "now", arguments: "{}" };
const RESULT = { type: "function_call_output", call_id: "call_1", output: "12:00" };
const SCHEMA = { type: "object" };

function asking(...content: readonly object[]): object {
  return { input: [{ role: "user", content }] };
}

/** The fields of Responses. */
export const RESPONSES: FieldTable = {
  dialect: "Responses",
  path: "/v1/responses",
  plain: { input: "Hi" },
  rows: [
    {
      field: "`model`",
      cases: [
        { body: { model: "one/model" }, reads: { model: "model" } },
        { body: { model: "none" }, status: 404, answers: /model_not_found/ },
      ],
    },
    {
      field: "`input`, as text or items; `instructions`",
      cases: [
        { body: { input: "Hi" }, reads: { messages: [USER] } },
        { body: { input: [USER] }, reads: { messages: [USER] } },
        {
          body: { instructions: "be short" },
          reads: { messages: [{ role: "system", content: "be short" }, USER] },
        },
      ],
    },
    {
      field: "`message` of `user`, `assistant`, `system`, `developer`",
      cases: [
        {
          body: {
            input: [
              { type: "message", role: "system", content: "a" },
              { type: "message", role: "developer", content: "b" },
              { type: "message", ...USER },
              { type: "message", role: "assistant", content: [{ type: "output_text", text: "c" }] },
              { type: "message", ...USER },
            ],
          },
          reads: {
            messages: [
              { role: "system", content: "a" },
              { role: "system", content: "b" },
              USER,
              { role: "assistant", content: "c" },
              USER,
            ],
          },
        },
      ],
    },
    {
      field: "`input_image`",
      cases: [
        {
          body: asking({ type: "input_image", image_url: `data:image/png;base64,${PNG}` }),
          reads: { messages: [{ content: [{ type: "image", mediaType: "image/png" }] }] },
        },
      ],
    },
    {
      field: "`input_file`, `input_audio`",
      cases: [
        {
          body: asking({
            type: "input_file",
            filename: "a.pdf",
            file_data: "data:application/pdf;base64,JVBERi0=",
          }),
          reads: { messages: [{ content: [{ type: "file", name: "a.pdf" }] }] },
        },
        {
          body: asking({ type: "input_audio", input_audio: { data: "UklGRg==", format: "wav" } }),
          reads: { messages: [{ content: [{ type: "file", mediaType: "audio/wav" }] }] },
        },
      ],
    },
    { field: "`file_id`", cases: [{ body: asking({ type: "input_file", file_id: "file_1" }), status: 400 }] },
    {
      field: "`function_call`, `function_call_output`",
      cases: [
        {
          body: { input: [USER, CALL, RESULT] },
          reads: {
            messages: [
              USER,
              { role: "assistant", toolCalls: [{ id: "call_1", name: "now", arguments: "{}" }] },
              { role: "tool", toolCallId: "call_1", content: "12:00" },
            ],
          },
        },
        { body: { input: [USER, RESULT] }, status: 400 },
      ],
    },
    {
      field: "`reasoning` with `encrypted_content`",
      cases: [
        {
          body: {
            input: [
              USER,
              { type: "reasoning", summary: [{ type: "summary_text", text: "hm" }] },
              { role: "assistant", content: "a" },
              USER,
            ],
          },
          reads: { messages: [USER, { reasoning: [{ text: "hm" }], content: "a" }, USER] },
        },
        {
          body: { input: [USER, { type: "reasoning", summary: [], encrypted_content: "gAAAA" }] },
          reads: { messages: [USER] },
          warns: /reasoning that another server encrypted is left out/,
          without: /gAAAA/,
        },
      ],
    },
    {
      field: "`item_reference`, `previous_response_id`",
      cases: [
        { body: { input: [{ type: "item_reference", id: "msg_gone" }] }, status: 400 },
        { body: { previous_response_id: "resp_gone" }, status: 400, answers: /previous_response_not_found/ },
      ],
    },
    {
      field: "`compaction`",
      cases: [
        { body: { input: [{ type: "compaction", encrypted_content: "sealed-elsewhere" }] }, status: 400 },
      ],
    },
    {
      field: "other items",
      cases: [
        {
          body: { input: [USER, { type: "web_search_call", id: "ws_1", status: "completed" }] },
          reads: { messages: [USER] },
          warns: /items of the type web_search_call are left out/,
        },
      ],
    },
    {
      field: "`tools` of `function`",
      cases: [{ body: { tools: [TOOL] }, reads: { tools: [{ name: "now" }] } }],
    },
    {
      field: "`tools` of `custom`",
      cases: [
        {
          body: {
            tools: [
              {
                type: "custom",
                name: "patch",
                description: "Changes files.",
                format: { type: "grammar", syntax: "lark", definition: "start: LINE+" },
              },
            ],
          },
          reads: {
            tools: [
              {
                name: "patch",
                description: expect.stringMatching(/Changes files\..*start: LINE\+/s),
                parameters: { properties: { input: { type: "string" } } },
              },
            ],
          },
        },
      ],
    },
    {
      field: "other `tools` (`web_search`, `namespace`)",
      cases: [
        {
          body: { tools: [{ type: "web_search" }, TOOL] },
          reads: { tools: [{ name: "now" }] },
          warns: /web_search/,
        },
        { body: { tools: [{ type: "namespace", name: "n" }] }, warns: /namespace/, without: /"tools"/ },
        { body: { tools: [{ type: "web_search" }], tool_choice: { type: "web_search" } }, status: 400 },
      ],
    },
    {
      field: "`tool_choice`, `parallel_tool_calls`",
      cases: [
        { body: { tools: [TOOL], tool_choice: "required" }, reads: { toolChoice: "required" } },
        {
          body: {
            tools: [TOOL, { ...TOOL, name: "other" }],
            tool_choice: { type: "allowed_tools", mode: "auto", tools: [{ type: "function", name: "now" }] },
          },
          reads: { tools: [{ name: "now" }] },
          without: /"other"/,
        },
        { body: { tools: [TOOL], parallel_tool_calls: false }, reads: { parallelToolCalls: false } },
      ],
    },
    {
      field: "`text.format`",
      cases: [
        {
          body: { text: { format: { type: "json_object" } } },
          reads: { responseFormat: { type: "json" } },
          without: /strict/,
        },
        {
          body: { text: { format: { type: "json_schema", name: "n", schema: SCHEMA, strict: true } } },
          reads: { responseFormat: { type: "json", name: "n", schema: SCHEMA, strict: true } },
        },
      ],
    },
    {
      field: "`max_output_tokens`, `temperature`, `top_p`, `presence_penalty`, `frequency_penalty`",
      cases: [
        { body: { max_output_tokens: 7 }, reads: { maxOutputTokens: 7 } },
        { body: { temperature: 0.5 }, reads: { temperature: 0.5 } },
        { body: { top_p: 0.5 }, reads: { topP: 0.5 } },
        { body: { presence_penalty: 0.5 }, reads: { presencePenalty: 0.5 } },
        { body: { frequency_penalty: 0.5 }, reads: { frequencyPenalty: 0.5 } },
      ],
    },
    {
      field: "`reasoning.effort`",
      cases: [{ body: { reasoning: { effort: "low" } }, reads: { reasoningEffort: "low" } }],
    },
    {
      field: "`text.verbosity`, `service_tier`, `safety_identifier`, `detail`, `phase`",
      cases: [
        {
          body: { text: { verbosity: "low" } },
          reads: { protocol: "responses", extraFields: { text: { verbosity: "low" } } },
          foreign: "text",
        },
        {
          body: { service_tier: "flex" },
          reads: { extraFields: { service_tier: "flex" } },
          foreign: "service_tier",
        },
        {
          body: { safety_identifier: "u1" },
          reads: { extraFields: { safety_identifier: "u1" } },
          foreign: "safety_identifier",
        },
        {
          body: asking({ type: "input_image", image_url: `data:image/png;base64,${PNG}`, detail: "low" }),
          reads: { messages: [{ content: [{ extraFields: { detail: "low" } }] }] },
          foreign: "detail",
        },
        {
          body: { input: [USER, { role: "assistant", content: "a", phase: "commentary" }, USER] },
          reads: { messages: [USER, { extraFields: { phase: "commentary" } }, USER] },
          foreign: "phase",
        },
      ],
    },
    {
      field: "`metadata`, `prompt_cache_key`, `max_tool_calls`, `store`, `reasoning.summary`",
      cases: [
        { body: { metadata: { a: "1" } }, answers: /"metadata":\{"a":"1"\}/, without: /metadata/ },
        { body: { prompt_cache_key: "k1" }, answers: /"prompt_cache_key":"k1"/, without: /k1/ },
        { body: { max_tool_calls: 3 }, answers: /"max_tool_calls":3/, without: /max_?tool_?calls/i },
        { body: { store: false }, answers: /"store":false/, without: /store/ },
        { body: { reasoning: { summary: "auto" } }, answers: /"summary":"auto"/, without: /summary/ },
      ],
    },
    {
      field: "`include`, `stream_options`, `client_metadata`",
      cases: [
        { body: { include: ["reasoning.encrypted_content"] }, without: /include|encrypted/ },
        { body: { stream_options: { include_obfuscation: false } }, without: /stream_options|obfuscation/ },
        { body: { client_metadata: { a: "1" } }, without: /client_metadata/ },
      ],
    },
    {
      field: '`truncation: "auto"`, `top_logprobs`, `context_management`',
      cases: [
        { body: { truncation: "auto" }, warns: /`truncation` is left out/, without: /truncation/ },
        { body: { top_logprobs: 2 }, warns: /`top_logprobs` is left out/, without: /logprobs/ },
        {
          body: { context_management: [{ type: "compaction" }] },
          warns: /`context_management` is left out/,
          without: /context_management/,
        },
      ],
    },
    {
      field: "`background`, `conversation`, `prompt`",
      cases: [
        { body: { background: true }, status: 400 },
        { body: { conversation: "conv_1" }, status: 400 },
        { body: { prompt: { id: "p" } }, status: 400 },
      ],
    },
  ],
};
