import { type FieldTable, PNG } from "./field-row.ts";

const USER = { role: "user", content: "Hi" };
const TOOL = { name: "now", input_schema: { type: "object", properties: {} } };
const CALL = { type: "tool_use", id: "call_1", name: "now", input: {} };
const RESULT = { type: "tool_result", tool_use_id: "call_1", content: "12:00" };
const CACHED = { cache_control: { type: "ephemeral" } };

function asking(...content: readonly object[]): object {
  return { messages: [{ role: "user", content }] };
}

/** What the model said before, between two questions. */
function answered(...content: readonly object[]): object {
  return { messages: [USER, { role: "assistant", content }, USER] };
}

/** The fields of Messages. */
export const MESSAGES_FIELDS: FieldTable = {
  dialect: "Messages",
  path: "/v1/messages",
  plain: { messages: [USER], max_tokens: 9 },
  rows: [
    {
      field: "`model`",
      cases: [
        { body: { model: "one/model" }, reads: { model: "model" } },
        { body: { model: "claude-opus-4-6" }, reads: { model: "model" } },
        { body: { model: "none" }, status: 404, answers: /not_found_error/ },
      ],
    },
    {
      field: "`system`, as text or blocks",
      cases: [
        {
          body: { system: "be short" },
          reads: { messages: [{ role: "system", content: "be short" }, USER] },
        },
        {
          body: {
            system: [
              { type: "text", text: "a" },
              { type: "text", text: "b", ...CACHED },
            ],
          },
          reads: { messages: [{ role: "system", content: "a\n\nb", extraFields: CACHED }, USER] },
        },
      ],
    },
    {
      field: "role `system` between messages",
      cases: [
        {
          body: { messages: [USER, { role: "system", content: "be short" }, USER] },
          reads: { messages: [USER, { role: "system", content: "be short" }, USER] },
        },
      ],
    },
    {
      field: "`text`",
      cases: [
        {
          body: asking({ type: "text", text: "Hi" }),
          reads: { messages: [{ content: [{ type: "text", text: "Hi" }] }] },
        },
        { body: answered({ type: "text", text: "a" }), reads: { messages: [USER, { content: "a" }, USER] } },
      ],
    },
    {
      field: "`image` of `base64` or `url`",
      cases: [
        {
          body: asking({ type: "image", source: { type: "base64", media_type: "image/png", data: PNG } }),
          reads: { messages: [{ content: [{ type: "image", data: PNG, mediaType: "image/png" }] }] },
        },
        {
          body: asking({ type: "image", source: { type: "url", url: "https://pictures.example/a.png" } }),
          reads: {
            messages: [{ content: [{ type: "image", data: new URL("https://pictures.example/a.png") }] }],
          },
        },
      ],
    },
    {
      field: "`document` of `base64` or `url`",
      cases: [
        {
          body: asking({
            type: "document",
            title: "a.pdf",
            source: { type: "base64", media_type: "application/pdf", data: "JVBERi0=" },
          }),
          reads: { messages: [{ content: [{ type: "file", name: "a.pdf", data: "JVBERi0=" }] }] },
        },
        {
          body: asking({ type: "document", source: { type: "url", url: "https://papers.example/a.pdf" } }),
          reads: { messages: [{ content: [{ type: "file", mediaType: "application/pdf" }] }] },
        },
      ],
    },
    {
      field: "`document` of `text` or `content`, `search_result`",
      cases: [
        {
          body: asking({
            type: "document",
            title: "T",
            source: { type: "text", media_type: "text/plain", data: "body" },
          }),
          reads: { messages: [{ content: [{ type: "text", text: "T\n\nbody" }] }] },
        },
        {
          body: asking({
            type: "document",
            source: { type: "content", content: [{ type: "text", text: "piece" }] },
          }),
          reads: { messages: [{ content: [{ type: "text", text: "piece" }] }] },
        },
        {
          body: asking({
            type: "search_result",
            title: "T",
            source: "https://sky.example",
            content: [{ type: "text", text: "blue" }],
          }),
          reads: { messages: [{ content: [{ type: "text", text: "T\nhttps://sky.example\n\nblue" }] }] },
        },
      ],
    },
    {
      field: "a source of `file`, blocks of server tools, any other block",
      cases: [
        { body: asking({ type: "image", source: { type: "file", file_id: "f" } }), status: 400 },
        { body: answered({ type: "server_tool_use", id: "s", name: "web_search", input: {} }), status: 400 },
        { body: asking({ type: "elephant" }), status: 400 },
      ],
    },
    {
      field: "`tool_use`, `tool_result`",
      cases: [
        {
          body: {
            messages: [
              USER,
              { role: "assistant", content: [CALL] },
              { role: "user", content: [{ type: "text", text: "and?" }, RESULT] },
            ],
          },
          reads: {
            messages: [
              USER,
              { role: "assistant", toolCalls: [{ id: "call_1", name: "now", arguments: "{}" }] },
              { role: "tool", toolCallId: "call_1", content: "12:00" },
              { role: "user", content: [{ type: "text", text: "and?" }] },
            ],
          },
        },
      ],
    },
    {
      field: "`thinking` with its `signature`, `redacted_thinking`",
      cases: [
        {
          body: answered(
            { type: "thinking", thinking: "hm", signature: "EqQB" },
            { type: "redacted_thinking", data: "EmwK" },
            { type: "text", text: "a" },
          ),
          reads: {
            messages: [
              USER,
              {
                content: "a",
                reasoning: [
                  { text: "hm", providerData: { anthropic: { signature: "EqQB" } } },
                  { text: "", providerData: { anthropic: { redacted_thinking: "EmwK" } } },
                ],
              },
              USER,
            ],
          },
        },
        {
          body: answered(
            { type: "thinking", thinking: "hm", signature: 'fallthrough:one:{"s":1}' },
            { type: "text", text: "a" },
          ),
          reads: { messages: [USER, { reasoning: [{ text: "hm", providerData: { one: { s: 1 } } }] }, USER] },
        },
      ],
    },
    {
      field: "`cache_control` and other fields of blocks and tools",
      cases: [
        {
          body: asking({ type: "text", text: "Hi", ...CACHED }),
          reads: { protocol: "messages", messages: [{ content: [{ extraFields: CACHED }] }] },
          foreign: "cache_control",
        },
        {
          body: { tools: [{ ...TOOL, ...CACHED }] },
          reads: { tools: [{ name: "now", extraFields: CACHED }] },
          foreign: "cache_control",
        },
        {
          body: {
            messages: [
              USER,
              { role: "assistant", content: [{ ...CALL, ...CACHED }] },
              { role: "user", content: [RESULT] },
            ],
          },
          reads: { messages: [USER, { toolCalls: [{ extraFields: CACHED }] }, {}] },
          foreign: "cache_control",
        },
      ],
    },
    {
      field: "`tools` without a `type` or of `custom`",
      cases: [
        { body: { tools: [TOOL] }, reads: { tools: [{ name: "now", parameters: TOOL.input_schema }] } },
        { body: { tools: [{ ...TOOL, type: "custom" }] }, reads: { tools: [{ name: "now" }] } },
      ],
    },
    {
      field: "`tools` of another `type` (web search, bash)",
      cases: [
        {
          body: { tools: [{ type: "web_search_20250305", name: "web_search" }, TOOL] },
          reads: { tools: [{ name: "now" }] },
          warns: /`web_search`.* left out/,
        },
        {
          body: { tools: [{ type: "bash_20250124", name: "bash" }] },
          warns: /`bash`.* left out/,
          without: /"tools"/,
        },
      ],
    },
    {
      field: "`tool_choice`",
      cases: [
        { body: { tools: [TOOL], tool_choice: { type: "any" } }, reads: { toolChoice: "required" } },
        {
          body: { tools: [TOOL], tool_choice: { type: "tool", name: "now" } },
          reads: { toolChoice: { name: "now" } },
        },
        {
          body: { tools: [TOOL], tool_choice: { type: "auto", disable_parallel_tool_use: true } },
          reads: { toolChoice: "auto", parallelToolCalls: false },
        },
      ],
    },
    {
      field: "`max_tokens`, `temperature`, `top_p`, `top_k`, `stop_sequences`",
      cases: [
        { body: { max_tokens: 7 }, reads: { maxOutputTokens: 7 } },
        { body: { temperature: 0.5 }, reads: { temperature: 0.5 } },
        { body: { top_p: 0.5 }, reads: { topP: 0.5 } },
        { body: { top_k: 5 }, reads: { topK: 5 } },
        { body: { stop_sequences: ["END"] }, reads: { stopSequences: ["END"] } },
      ],
    },
    {
      field: "`output_config.format`, earlier `output_format`",
      cases: [
        {
          body: { output_config: { format: { type: "json_schema", schema: { type: "object" } } } },
          reads: { responseFormat: { type: "json", schema: { type: "object" } } },
        },
        {
          body: { output_format: { type: "json_schema", schema: { type: "object" } } },
          reads: { responseFormat: { type: "json", schema: { type: "object" } } },
        },
      ],
    },
    {
      field: "`output_config.effort`",
      cases: [
        { body: { output_config: { effort: "low" } }, reads: { reasoningEffort: "low" } },
        { body: { output_config: { effort: "max" } }, reads: { reasoningEffort: "xhigh" } },
      ],
    },
    {
      field: "`citations` of a text",
      cases: [
        {
          body: answered({ type: "text", text: "a", citations: [{ url: "https://sky.example" }] }),
          reads: { messages: [USER, { content: "a" }, USER] },
          without: /citations|sky/,
        },
      ],
    },
    {
      field: "`thinking`, `metadata`, `context_management`, `service_tier`",
      cases: [
        {
          body: { thinking: { type: "adaptive" } },
          reads: { extraFields: { thinking: { type: "adaptive" } } },
          foreign: "thinking",
        },
        {
          body: { metadata: { user_id: "u" } },
          reads: { extraFields: { metadata: { user_id: "u" } } },
          foreign: "metadata",
        },
        {
          body: { context_management: { edits: [] } },
          reads: { extraFields: { context_management: { edits: [] } } },
          foreign: "context_management",
        },
        {
          body: { service_tier: "auto" },
          reads: { extraFields: { service_tier: "auto" } },
          foreign: "service_tier",
        },
      ],
    },
  ],
};
