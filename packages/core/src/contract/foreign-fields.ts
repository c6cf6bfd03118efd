import type { ChatMessage, ChatRequest, JsonObject, StreamPart, WireProtocol } from "./contract.ts";

interface Extended {
  readonly extraFields?: JsonObject | undefined;
}

/**
 * The request without the `extraFields` of another protocol, and a warning that names them.
 *
 * A server refuses the fields of another protocol, or takes them for its own.
 */
export function withoutForeignFields(
  request: ChatRequest,
  protocol: WireProtocol,
): { readonly request: ChatRequest; readonly warnings: readonly StreamPart[] } {
  if (request.protocol === undefined || request.protocol === protocol) return { request, warnings: [] };
  const names = new Set<string>();

  function strip<Piece extends Extended>({ extraFields, ...piece }: Piece): Omit<Piece, "extraFields"> {
    for (const name of Object.keys(extraFields ?? {})) names.add(name);
    return piece;
  }

  function stripMessage(message: ChatMessage): ChatMessage {
    const own = strip(message) as ChatMessage;
    if (own.role === "assistant") {
      return own.toolCalls === undefined ? own : { ...own, toolCalls: own.toolCalls.map(strip) };
    }
    if (own.role === "system" || typeof own.content === "string") return own;
    return { ...own, content: own.content.map(strip) as typeof own.content };
  }

  const own: ChatRequest = strip(request);
  own.messages = own.messages.map(stripMessage);
  if (own.tools !== undefined) own.tools = own.tools.map(strip);
  if (names.size === 0) return { request: own, warnings: [] };
  const told = [...names].map((name) => `\`${name}\``).join(", ");
  const message = `fields of another protocol were left out: ${told}`;
  return { request: own, warnings: [{ type: "warning", code: "unsupported", message }] };
}
