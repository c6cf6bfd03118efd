export type * from "./contract/contract.ts";
export { DEFAULT_LIMITS, DEFAULT_TIMEOUTS, type Limits } from "./contract/defaults.ts";
export type { ProviderSettings, RequestDispatcher } from "./contract/settings.ts";
export {
  ChatError,
  type ChatErrorData,
  type ChatErrorDetails,
  type PartialReply,
} from "./errors/chat-error.ts";
export { CHAT_ERROR_CODES, type ChatErrorCode, type FailureScope, type Phase } from "./errors/error-codes.ts";
export { type ChatOptions, chat } from "./reply/chat.ts";
export type { ChatReply } from "./reply/reply.ts";
export type { ChatResult } from "./reply/reply-result.ts";
export type { ResponseOptions } from "./reply/web-response.ts";
