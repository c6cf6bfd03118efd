import type { ChainRequest, ChainTimeouts, ChatProvider } from "../contract/contract.ts";
import { objectOf, parseBoolean, parseInput } from "../contract/parse-fields.ts";
import { parseProvider } from "../contract/parse-provider.ts";
import { parseChainTimeouts, parseRequest } from "../contract/parse-request.ts";
import { guard } from "../guard/guard.ts";
import { isSelfGuarded } from "../guard/guard-options.ts";
import { type ChatReply, createReply } from "./reply.ts";
import { createRouteRecord } from "./route-record.ts";

/** What a call may set beside its request. */
export interface ChatOptions {
  /** Used where neither the request nor the instance sets one. */
  readonly timeouts?: ChainTimeouts | undefined;
  /** Accepts an answer that has reasoning and no text. @default false */
  readonly reasoningOnly?: boolean | undefined;
}

const parseOptions = objectOf<ChatOptions>({ timeouts: parseChainTimeouts, reasoningOnly: parseBoolean });
const PROVIDER = { code: "config", whole: "the provider of chat()", field: "provider field" } as const;
const OPTIONS = { code: "config", whole: "the options of chat()", field: "option" } as const;

/**
 * Asks one provider.
 *
 * @throws what the guard throws, with the route, wherever the reply is consumed
 * @example
 * const reply = chat(createPizzagpt(), { messages: [{ role: "user", content: "Hello" }] });
 * for await (const text of reply.textStream) process.stdout.write(text);
 */
export function chat(provider: ChatProvider, request: ChainRequest, options?: ChatOptions): ChatReply {
  return createReply((route) => {
    const asked = parseInput(provider, parseProvider, PROVIDER);
    const set = options === undefined ? {} : parseInput(options, parseOptions, OPTIONS);
    // a chain checks the request and tells its attempts itself
    if (isSelfGuarded(asked)) return guard(asked, request, { ...set, route });
    const checked = parseRequest(request);
    return guard(asked, checked, { ...set, route, observer: createRouteRecord(asked, checked.model, route) });
  });
}
