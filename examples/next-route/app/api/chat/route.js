import { createFallthrough } from "@fallthrough/ai-sdk";
import { convertToModelMessages, streamText } from "ai";
import { registry } from "../../../registry.js";

const fallthrough = createFallthrough(registry);

/** What `useChat()` of a page asks. @param {Request} request */
export async function POST(request) {
  const { messages } = /** @type {any} */ (await request.json());
  const result = streamText({
    model: fallthrough("auto"),
    messages: await convertToModelMessages(messages),
    abortSignal: request.signal,
  });
  return result.toUIMessageStreamResponse();
}
