import { registry } from "../../../registry.js";

/** The text alone, for a page without the AI SDK. @param {Request} request */
export async function POST(request) {
  const { messages } = /** @type {any} */ (await request.json());
  return registry.chat({ messages, signal: request.signal }).toResponse();
}
