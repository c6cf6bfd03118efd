import type { ChatProvider, ChatRequest, Timeouts } from "../contract/contract.ts";
import { parseRequest } from "../contract/parse-request.ts";
import { guard } from "../guard/guard.ts";
import { isSelfGuarded } from "../guard/guard-options.ts";
import { type ChatReply, createReply } from "./reply.ts";
import { createRouteRecord } from "./route-record.ts";

/** What a call may set beside its request. */
export interface ChatOptions {
  /** Used where neither the request nor the instance sets one. */
  readonly timeouts?: Timeouts | undefined;
  /** Accepts an answer that has reasoning and no text. @default false */
  readonly reasoningOnly?: boolean | undefined;
}

/**
 * Asks one provider.
 *
 * @throws what the guard throws, with the route, wherever the reply is consumed
 * @example
 * const reply = chat(createPizzagpt(), { messages: [{ role: "user", content: "Hello" }] });
 * for await (const text of reply.textStream) process.stdout.write(text);
 */
export function chat(
  provider: ChatProvider,
  request: ChatRequest,
  { timeouts, reasoningOnly }: ChatOptions = {},
): ChatReply {
  return createReply((route) => {
    const checked = parseRequest(request);
    const options = { timeouts, reasoningOnly, route };
    // a chain tells its own attempts
    if (isSelfGuarded(provider)) return guard(provider, checked, options);
    return guard(provider, checked, {
      ...options,
      observer: createRouteRecord(provider, checked.model, route),
    });
  });
}
