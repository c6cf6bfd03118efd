import { afterAll, beforeAll, expect, test } from "vitest";
import { checkErrors } from "../../../core/test/properties/outcome.ts";
import { TRIALS_MS, trials } from "../../../core/test/properties/trials.ts";
import { anyBody, jsonSpoiling, spoil } from "../../../core/test/properties/wild-values.ts";
import { type RunningGateway, startGateway } from "../../src/index.ts";
import { answer, memoryProvider, registryOf } from "../case.ts";

const schema = () => ({ type: "object", properties: { a: { type: "string" } } });

/** For each route, a body with every field that it reads. */
const BODIES: Readonly<Record<string, () => object>> = {
  "/chat/completions": () => ({
    model: "one/model",
    messages: [
      { role: "system", content: "be brief" },
      { role: "user", name: "ada", content: [{ type: "text", text: "what is it?" }] },
      {
        role: "assistant",
        content: null,
        reasoning_content: "hm",
        tool_calls: [{ id: "1", type: "function", function: { name: "look", arguments: "{}" } }],
      },
      { role: "tool", tool_call_id: "1", content: "a cat" },
    ],
    max_tokens: 5,
    temperature: 1,
    top_p: 1,
    seed: 1,
    stop: ["x"],
    n: 1,
    stream: true,
    stream_options: { include_usage: true },
    tools: [
      { type: "function", function: { name: "look", description: "d", parameters: schema(), strict: true } },
    ],
    tool_choice: { type: "function", function: { name: "look" } },
    response_format: { type: "json_schema", json_schema: { name: "a", schema: schema(), strict: true } },
    reasoning_effort: "low",
    metadata: { a: "b" },
  }),
  "/responses": () => ({
    model: "one/model",
    instructions: "be brief",
    input: [
      { role: "user", content: [{ type: "input_text", text: "what is it?" }] },
      { type: "reasoning", id: "r", summary: [{ type: "summary_text", text: "hm" }], encrypted_content: "x" },
      { type: "function_call", id: "f", call_id: "1", name: "look", arguments: "{}" },
      { type: "function_call_output", call_id: "1", output: "a cat" },
    ],
    max_output_tokens: 5,
    temperature: 1,
    stream: true,
    store: false,
    tools: [{ type: "function", name: "look", description: "d", parameters: schema(), strict: true }],
    tool_choice: "auto",
    text: { format: { type: "json_schema", name: "a", schema: schema(), strict: true } },
    reasoning: { effort: "low", summary: "auto" },
    include: ["reasoning.encrypted_content"],
    previous_response_id: null,
  }),
  "/messages": () => ({
    model: "one/model",
    system: [{ type: "text", text: "be brief", cache_control: { type: "ephemeral" } }],
    messages: [
      { role: "user", content: [{ type: "text", text: "what is it?" }] },
      {
        role: "assistant",
        content: [
          { type: "thinking", thinking: "hm", signature: "s" },
          { type: "tool_use", id: "1", name: "look", input: { a: 1 } },
        ],
      },
      {
        role: "user",
        content: [{ type: "tool_result", tool_use_id: "1", content: "a cat", is_error: false }],
      },
    ],
    max_tokens: 5,
    stop_sequences: ["x"],
    stream: true,
    tools: [{ name: "look", description: "d", input_schema: schema() }],
    tool_choice: { type: "tool", name: "look" },
    thinking: { type: "enabled", budget_tokens: 1024 },
    metadata: { user_id: "u" },
  }),
};

let gateway: RunningGateway;
beforeAll(async () => {
  gateway = await startGateway(registryOf(memoryProvider("one", answer("hi"))), { port: 0 });
});
afterAll(() => gateway.close());

/** Sends a body; @throws where the answer is neither one nor a refusal that says why */
async function send(route: string, body: string | Uint8Array<ArrayBuffer>): Promise<number> {
  const headers = { "content-type": "application/json", "anthropic-version": "2023-06-01" };
  const response = await fetch(gateway.baseURL + route, { method: "POST", headers, body });
  const { status } = response;
  const text = await response.text();
  if (status === 200) return status;
  expect(status).toBeGreaterThanOrEqual(400);
  expect(status).toBeLessThan(500);
  const { error } = JSON.parse(text) as { error: { message: string } };
  expect(error.message).not.toBe("");
  return status;
}

test.each(Object.entries(BODIES))(
  "whatever stands in a body for %s, the client gets an answer or a refusal that says why",
  async (route, create) => {
    expect(await send(route, JSON.stringify(create()))).toBe(200);
    await checkErrors(
      jsonSpoiling,
      async (given) => {
        const { value } = spoil(create(), given);

        await send(route, JSON.stringify(value) ?? "");
      },
      trials(400),
    );
  },
  TRIALS_MS,
);

test.each(Object.keys(BODIES))(
  "a body of any bytes for %s is refused",
  async (route) => {
    await checkErrors(
      anyBody,
      async (body) => {
        expect(await send(route, body)).toBeGreaterThanOrEqual(400);
      },
      trials(100),
    );
  },
  TRIALS_MS,
);
