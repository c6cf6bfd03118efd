export { BROWSER_USER_AGENT } from "./contract/defaults.ts";
export { withoutForeignFields } from "./contract/foreign-fields.ts";
export type {
  OwnSettings,
  SettingCheck,
  SettingKind,
  SettingKinds,
  SettingValue,
} from "./contract/parse-settings.ts";
export { type Wish, wishWarnings } from "./contract/requirements.ts";
export type { CommonSettings } from "./contract/settings.ts";
export {
  defineProvider,
  type HttpProviderDefinition,
  type HttpProviderParts,
  type ProviderDefinition,
  type ProviderFactory,
  type ProviderInstance,
  type ProviderMethods,
  type ProviderParts,
} from "./define/define-provider.ts";
export type { Forward, ForwardedRequest, ForwardPath } from "./define/forward.ts";
export { type ProviderMiddleware, wrapProvider } from "./define/wrap-provider.ts";
export { quote } from "./errors/redact.ts";
export { codeOfStatus } from "./http/answer/failures.ts";
export { requestIdOf } from "./http/answer/request-id.ts";
export { parseRetryTime } from "./http/answer/retry-after.ts";
export { createHttpClient } from "./http/client/client.ts";
export type * from "./http/types.ts";
export { type CumulativeFormat, type CumulativeState, cumulativeParts } from "./parts/cumulative.ts";
export { readEnvironment } from "./parts/environment.ts";
export { formatPrompt, messageText } from "./parts/format-prompt.ts";
export { countOf, type Fields, fieldsOf, listOf, parseJson, textOf } from "./parts/json.ts";
export { type EventSource, type GroupReader, type PartSource, partLists } from "./parts/part-lists.ts";
export { singleFlight } from "./parts/single-flight.ts";
export type { ServerSentEvent } from "./parts/sse.ts";
export { createFrame, type Frame } from "./parts/text-frame.ts";
export type { AnswerDraft, AnswerEnd, AnswerSource } from "./services/answer-draft.ts";
export { AnswerEvents, type AnswerReader } from "./services/answer-events.ts";
export {
  type AnswerForm,
  answerBlocks,
  type BlockForm,
  type ContentForm,
  contentBlocks,
  plainText,
  systemBlocks,
  toolBlocks,
} from "./services/blocks.ts";
export { changeAt } from "./services/change-at.ts";
export { type Cite, type CitedPage, createCitations } from "./services/citations.ts";
export {
  type Concession,
  type PlainConcession,
  plainConcession,
  withoutField,
} from "./services/concessions.ts";
export type { ErrorFields } from "./services/error-fields.ts";
export { formatRequest, type WholeRequest } from "./services/format-request.ts";
export { createKey, type Key, type KeyForm, type KeySettings } from "./services/key.ts";
export { type Media, mediaUrl, readMedia } from "./services/media.ts";
export { mergeFields, withOwnFields } from "./services/merge-fields.ts";
export { type ModelPage, type ModelPageForm, readModelPage } from "./services/model-page.ts";
export { ownData, type Writer } from "./services/own-data.ts";
export {
  explainServerError,
  parseFailure,
  parseFailureBody,
  type ServerFailure,
} from "./services/server-failure.ts";
export { createService, fixedFieldWarnings, type Service, type ServiceForm } from "./services/service.ts";
export { type ServiceSettings, serviceMethods } from "./services/service-methods.ts";
export type {
  FormattedRequest,
  RequestTarget,
  ServiceProtocol,
  UsualModel,
} from "./services/service-protocol.ts";
export {
  argumentsOf,
  type CallsEnd,
  completeCall,
  isWholeObject,
} from "./services/tool-arguments.ts";
export { mapIds, mapToolCallIds, type ToolCallIdForm } from "./services/tool-call-ids.ts";
export {
  callsById,
  inOrderOfCalls,
  itemsOf,
  type Turn,
  type TurnMessage,
  turnsOf,
} from "./services/turns.ts";
export { readUsage, type UsageForm } from "./services/usage.ts";
export { visibleHeaders } from "./services/visible-headers.ts";
export { type WishFields, type WishFormat, type WishTable, wishFields } from "./services/wish-fields.ts";
