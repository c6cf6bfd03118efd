// an application of 100 lines, which the suite `types` checks: a conversation with a tool, over two servers
import { createServer } from "node:http";
import { createInterface } from "node:readline/promises";
import { createOpenAI } from "@fallthrough/provider-openai";
import {
  ChainExhaustedError,
  ChatError,
  type ChatMessage,
  type ChatResult,
  createFileHealth,
  createRegistry,
  type ToolCall,
  type ToolDefinition,
} from "@fallthrough/registry";

const local = createOpenAI({ id: "local", baseURL: "http://127.0.0.1:11434/v1", models: [{ id: "small" }] });
const hosted = createOpenAI({ id: "hosted", baseURL: "https://models.example/v1", apiKey: "key" });
const health = createFileHealth({ path: "health.json" });

await using registry = createRegistry({
  providers: [local, hosted],
  aliases: { fast: ["local/small", "hosted/large"], careful: ["hosted/large", "local"] },
  timeouts: { connectMs: 2_000, commitMs: 10_000 },
  health,
});

const clock: ToolDefinition = {
  name: "clock",
  description: "The time in a time zone.",
  parameters: { type: "object", properties: { zone: { type: "string" } }, required: ["zone"] },
};

/** Asks until the model wants no more tools. */
async function converse(messages: ChatMessage[], signal: AbortSignal): Promise<ChatResult> {
  for (;;) {
    const reply = registry.chat({ model: "fast", messages, tools: [clock], temperature: 0.2, signal });
    for await (const part of reply) {
      switch (part.type) {
        case "text-delta":
          process.stdout.write(part.delta);
          break;
        case "finish":
          console.error(part.finishReason, part.usage?.outputTokens ?? 0);
      }
    }
    const result = await reply.result();
    messages.push(result.message);
    if (result.toolCalls.length === 0) return result;
    for (const call of result.toolCalls) {
      messages.push({ role: "tool", toolCallId: call.id, content: runTool(call) });
    }
  }
}

function runTool({ name, arguments: text }: ToolCall): string {
  if (name !== clock.name) return `there is no tool ${name}`;
  const { zone }: { zone: string } = JSON.parse(text);
  return new Date().toLocaleTimeString("en", { timeZone: zone });
}

function explain(error: unknown): string {
  if (error instanceof ChainExhaustedError) {
    return error.route.attempts
      .map(({ provider, outcome, code }) => `${provider}: ${code ?? outcome}`)
      .join("\n");
  }
  if (!(error instanceof ChatError)) return String(error);
  const wait = error.retryAfterMs === undefined ? "" : `, again in ${error.retryAfterMs} ms`;
  return `${error.code}${wait}: ${error.fix}`;
}

registry.observe(({ id }) => ({
  attempt: ({ provider, outcome }) => console.error(id, provider, outcome),
  ended: ({ route }) => console.error(`${id}: ${route.provider ?? "nobody"}/${route.model ?? "any model"}`),
}));

for (const step of await registry.explain("careful", ["tools"])) console.error(step);
for (const { reference } of await registry.listModels()) console.error(reference);

createServer(async (_request, response) => {
  const content = "What is new?";
  const answer = await registry
    .chat({ model: "careful", messages: [{ role: "user", content }] })
    .toResponse();
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  for await (const bytes of answer.body ?? []) response.write(bytes);
  response.end();
}).listen(0, "127.0.0.1");

const messages: ChatMessage[] = [{ role: "system", content: "Answer in one sentence." }];
const terminal = createInterface({ input: process.stdin, output: process.stdout });
for await (const content of terminal) {
  messages.push({ role: "user", content });
  try {
    const { route, usage } = await converse(messages, AbortSignal.timeout(60_000));
    console.log(`\n${route.provider}, ${usage?.inputTokens ?? "unknown"} tokens`);
  } catch (error) {
    console.error(explain(error));
  }
}
