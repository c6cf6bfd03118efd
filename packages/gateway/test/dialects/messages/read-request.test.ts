import { expect, test } from "vitest";
import { readRequest } from "../../../src/dialects/messages/read-request.ts";

const HI = [{ role: "user", content: "hi" }];
const SCHEMA = { type: "object", properties: { city: { type: "string" } } };
const TOOL = { name: "weather", description: "Tells it", input_schema: SCHEMA };

/** What the chain is asked, without what is absent. */
function chatOf(body: object): object {
  return JSON.parse(JSON.stringify(readRequest({ messages: HI, ...body }).chat));
}

test("every field of the protocol is one of the contract", () => {
  expect(
    chatOf({
      model: "claude-sonnet-4-5",
      max_tokens: 100,
      system: "Be short",
      temperature: 0.5,
      top_p: 0.9,
      top_k: 40,
      stop_sequences: ["END"],
      tools: [{ ...TOOL, strict: true }],
      tool_choice: { type: "any", disable_parallel_tool_use: true },
      output_config: { effort: "high", format: { type: "json_schema", schema: SCHEMA } },
    }),
  ).toEqual({
    model: "claude-sonnet-4-5",
    messages: [{ role: "system", content: "Be short" }, ...HI],
    maxOutputTokens: 100,
    temperature: 0.5,
    topP: 0.9,
    topK: 40,
    stopSequences: ["END"],
    tools: [{ name: "weather", description: "Tells it", parameters: SCHEMA, strict: true }],
    toolChoice: "required",
    parallelToolCalls: false,
    reasoningEffort: "high",
    responseFormat: { type: "json", schema: SCHEMA },
  });
});

test.each([
  [{ type: "auto" }, "auto"],
  [{ type: "none" }, "none"],
  [{ type: "any", disable_parallel_tool_use: false }, "required"],
  [{ type: "tool", name: "weather" }, { name: "weather" }],
])("the choice %j is %j", (tool_choice, toolChoice) => {
  expect(chatOf({ tools: [TOOL], tool_choice })).toMatchObject({ toolChoice });
  expect(chatOf({ tools: [TOOL], tool_choice })).not.toHaveProperty("parallelToolCalls");
});

test("what the contract does not name travels as fields of the protocol, nested ones too", () => {
  const cache_control = { type: "ephemeral" };

  expect(
    chatOf({
      thinking: { type: "enabled", budget_tokens: 2048 },
      metadata: { user_id: "u" },
      context_management: { edits: [] },
      output_config: { effort: "max", task_budget: 7 },
      tools: [{ ...TOOL, type: "custom", cache_control, eager_input_streaming: true }],
      absent: null,
    }),
  ).toMatchObject({
    reasoningEffort: "xhigh",
    extraFields: {
      thinking: { type: "enabled", budget_tokens: 2048 },
      metadata: { user_id: "u" },
      context_management: { edits: [] },
      output_config: { effort: "max", task_budget: 7 },
    },
    tools: [{ name: "weather", extraFields: { cache_control, eager_input_streaming: true } }],
  });
});

test("a tool that runs at Anthropic is left out with a warning, and a choice among none with it", () => {
  const search = { type: "web_search_20250305", name: "web_search", max_uses: 5 };

  const some = readRequest({ messages: HI, tools: [search, TOOL] });
  const none = readRequest({ messages: HI, tools: [search], tool_choice: { type: "any" } });

  expect(some.chat.tools?.map(({ name }) => name)).toEqual(["weather"]);
  expect(some.warnings).toEqual([
    { code: "unsupported", message: expect.stringContaining("`web_search_20250305`") },
  ]);
  expect(none.chat.tools).toBeUndefined();
  expect(none.chat.toolChoice).toBeUndefined();
});

test("the format of the answer has an earlier name too", () => {
  expect(chatOf({ output_format: { type: "json_schema", schema: SCHEMA } })).toMatchObject({
    responseFormat: { type: "json", schema: SCHEMA },
  });
});

test.each([
  [{ messages: "hi" }, "messages"],
  [{ messages: [] }, "messages"],
  [{ messages: undefined, input: "hi" }, "messages"],
  [{ messages: [{ role: "tool", content: "hi" }] }, "messages[0].role"],
  [{ system: 7 }, "system"],
  [{ system: [{ type: "image" }] }, "system[0].type"],
  [{ max_tokens: "many" }, "max_tokens"],
  [{ stream: "yes" }, "stream"],
  [{ stop_sequences: [7] }, "stop_sequences[0]"],
  [{ tools: [{ name: "weather" }] }, "tools[0].input_schema"],
  [{ tools: [{ type: "custom", input_schema: {} }] }, "tools[0].name"],
  [{ tool_choice: { type: "required" } }, "tool_choice.type"],
  [{ tool_choice: { type: "tool" } }, "tool_choice.name"],
  [{ output_config: { format: { type: "xml" } } }, "output_config.format.type"],
])("the body %j is refused, and the field is named", (body, param) => {
  expect(() => readRequest({ messages: HI, ...body })).toThrow(
    expect.objectContaining({ status: 400, param }),
  );
});
