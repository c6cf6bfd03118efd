// What the registry, the gateway and the bridge to the AI SDK share with core: outside semver, and for nobody else.

export { type ApiKey, listKeys, maySpeakOfKey, parseApiKey } from "./contract/api-keys.ts";
export { type InstanceSettings, instanceSettings, isId, parseDeclaredModels } from "./contract/card.ts";
export { LONGEST_NAME, LONGEST_TIMER_MS, NEARBY_TIMEOUTS } from "./contract/defaults.ts";
export {
  type FieldParser,
  type FieldParsers,
  FieldProblem,
  fieldProblem,
  kindOf,
  listOf,
  nearestName,
  objectOf,
  oneOf,
  parseBoolean,
  parseCount,
  parseFields,
  parseFunction,
  parseInput,
  parseInteger,
  parseJsonObject,
  parseList,
  parseName,
  parseNumber,
  parseText,
  parseTimer,
  recordOf,
  variantOf,
  wrongValue,
} from "./contract/parse-fields.ts";
export { parseProvider } from "./contract/parse-provider.ts";
export {
  isReasoningEffort,
  parseCallTimeouts,
  parseChainRequest,
  parseChainTimeouts,
  parseRequest,
  parseSignal,
} from "./contract/parse-request.ts";
export { readNow } from "./contract/read-now.ts";
export { declaredAbility, deniedCapability, findModel, needsOf } from "./contract/requirements.ts";
export { type Forward, type ForwardPath, forwardOf } from "./define/forward.ts";
export { providerCard } from "./define/provider-card.ts";
export { amendError, attachRoute, briefError } from "./errors/chat-error.ts";
export { EXHAUSTED, type ExhaustedCall, isExhausted } from "./errors/exhausted-call.ts";
export { settleStack } from "./errors/redact.ts";
export { failureHeaders, type ToldFailure, tellFailure } from "./errors/told-failure.ts";
export { findManifest } from "./files/find-manifest.ts";
export { readJson } from "./files/read-json.ts";
export { abortReason, ignoreAbort, listenToAbort } from "./guard/abort-listeners.ts";
export {
  allowEmptyAnswer,
  callOf,
  type HeadObserver,
  isEmptyAllowed,
  type OpenRoute,
} from "./guard/call-context.ts";
export { capTimeout, mergeTimeouts, resolveTimeouts } from "./guard/call-timers.ts";
export { guard } from "./guard/guard.ts";
export {
  type CallObserver,
  type FailedCall,
  type GuardOptions,
  idsOf,
  isSelfGuarded,
  MEMBERS,
  SELF_GUARDED,
  type SelfGuarded,
} from "./guard/guard-options.ts";
export type { CallEnd, GuardedAnswer } from "./guard/guarded-answer.ts";
export { formatWaiting, type Waiting, waitingOf } from "./guard/waiting.ts";
export { type ErrorFactory, statusFailure, transportFailure } from "./http/answer/failures.ts";
export { parseRateLimits, type RateLimit } from "./http/answer/rate-limits.ts";
export { isLoopback, isNearby } from "./http/client/endpoint.ts";
export { countCharacters } from "./parts/count-characters.ts";
export { CHARACTERS_PER_TOKEN, estimateTokens } from "./parts/estimate-tokens.ts";
export {
  LISTS,
  type ListedStream,
  type OpeningLists,
  type PartList,
  type PartLists,
} from "./parts/listed-stream.ts";
export { openLists } from "./parts/part-lists.ts";
export { createPartReader, END } from "./parts/part-reader.ts";
export { FORWARDS, type ForwardCall, type ForwardingRegistry } from "./reply/forward-call.ts";
export { createReply } from "./reply/reply.ts";
