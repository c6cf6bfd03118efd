import { createOpenAI } from "@fallthrough/provider-openai";
import { createRegistry } from "@fallthrough/registry";

const local = createOpenAI({ id: "local", baseURL: process.env.LOCAL_URL ?? "http://127.0.0.1:11434/v1" });
const registry = createRegistry({ providers: [local] });

/** What the model may call, by name. @type {Record<string, (input: unknown) => unknown>} */
const functions = {
  clock: () => new Date(0).toISOString(),
};
const tools = [
  { name: "clock", description: "Tells the time.", parameters: { type: "object", properties: {} } },
];

/** @type {import("@fallthrough/registry").ChatMessage[]} */
const messages = [{ role: "user", content: "What time is it?" }];
for (;;) {
  const { message, toolCalls, text } = await registry.chat({ messages, tools }).result();
  messages.push(message); // with what the provider wants back
  if (toolCalls.length === 0) {
    console.log(text);
    break;
  }
  for (const call of toolCalls) {
    const value = functions[call.name]?.(JSON.parse(call.arguments)) ?? "there is no such function";
    messages.push({ role: "tool", toolCallId: call.id, content: JSON.stringify(value) });
  }
}
await registry.close();
