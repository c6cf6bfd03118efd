import type { ChainRequest, ChainTimeouts, ChatProvider } from "../contract/contract.ts";
import { objectOf, parseBoolean, parseInput } from "../contract/parse-fields.ts";
import { parseProvider } from "../contract/parse-provider.ts";
import { parseChainRequest, parseChainTimeouts, parseRequest } from "../contract/parse-request.ts";
import { readNow } from "../contract/read-now.ts";
import { guard } from "../guard/guard.ts";
import { isSelfGuarded } from "../guard/guard-options.ts";
import { type BeginCall, type ChatReply, createReply } from "./reply.ts";
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
 * Asks one provider what the request holds now; the call itself begins once the reply is consumed.
 *
 * @throws what the guard throws, with the route, wherever the reply is consumed
 * @example
 * const reply = chat(createPizzagpt(), { messages: [{ role: "user", content: "Hello" }] });
 * for await (const text of reply.textStream) process.stdout.write(text);
 */
export function chat(provider: ChatProvider, request: ChainRequest, options?: ChatOptions): ChatReply {
  const call = readNow(() => readCall(provider, request, options));
  return createReply((route) => call()(route));
}

function readCall(provider: unknown, request: unknown, options: unknown): BeginCall {
  const asked = parseInput(provider, parseProvider, PROVIDER);
  const set = options === undefined ? {} : parseInput(options, parseOptions, OPTIONS);
  if (isSelfGuarded(asked)) {
    const checked = parseChainRequest(request);
    // a chain records its attempts itself
    return (route) => guard(asked, checked, { ...set, route });
  }
  const checked = parseRequest(request);
  return (route) =>
    guard(asked, checked, { ...set, route, observer: createRouteRecord(asked, checked.model, route) });
}
