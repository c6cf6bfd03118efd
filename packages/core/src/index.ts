export { callOf, type OpenRoute } from "./call.ts";
export { type InstanceSettings, instanceSettings, providerCard } from "./card.ts";
export { type ChatReply, type ChatResult, chat } from "./chat.ts";
export type * from "./contract.ts";
export { type CumulativeFormat, type CumulativeState, cumulativeParts } from "./cumulative.ts";
export { BROWSER_USER_AGENT, DEFAULT_LIMITS, DEFAULT_TIMEOUTS, type Limits } from "./defaults.ts";
export { readEnvironment } from "./environment.ts";
export {
  amendError,
  attachRoute,
  CHAT_ERROR_CODES,
  ChatError,
  type ChatErrorCode,
  type ChatErrorDetails,
  type FailureScope,
  type PartialReply,
  type Phase,
} from "./errors.ts";
export { formatPrompt, messageText } from "./format-prompt.ts";
export { createFrame, type Frame } from "./frame.ts";
export { guard } from "./guard.ts";
export { type GuardOptions, SELF_GUARDED } from "./guard-options.ts";
export { createHttpClient } from "./http/client.ts";
export { isLoopback } from "./http/endpoint.ts";
export { codeOfStatus } from "./http/failures.ts";
export type * from "./http/types.ts";
export { fieldsOf, parseJson } from "./json.ts";
export { type GroupReader, listParts, partsOf } from "./parts-of.ts";
export { quote } from "./redact.ts";
export { relay } from "./relay.ts";
export {
  deniedCapability,
  findModel,
  requiredCapabilities,
  type Wish,
  wishWarnings,
} from "./requirements.ts";
export type { ProviderSettings } from "./settings.ts";
export { share } from "./share.ts";
export type { ServerSentEvent } from "./sse.ts";
export { END, ENDED, type GuardedParts, type PartIterator, TAKE } from "./take.ts";
export { capTimeout, resolveTimeouts } from "./watch.ts";
