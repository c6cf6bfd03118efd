export { type Certificate, type CertificateOptions, createCertificate } from "./certificate.ts";
export {
  type Ability,
  type Declaration,
  type Peer,
  type PeerBehaviour,
  type PeerSuite,
  type ProviderSuite,
  type SuiteExchange,
  type SuiteExchanges,
  type TestRunner,
  type ToolCallSuite,
  testPeer,
  testProvider,
} from "./conformance.ts";
export { type FaultScript, type FaultStep, startFaultServer } from "./fault-server.ts";
export {
  type HttpResponseParts,
  httpChunk,
  httpEvents,
  httpHead,
  httpJson,
  httpResponse,
} from "./http-message.ts";
export { type BodyProtocol, formatFor, openAnswer, type SentRequest } from "./protocol.ts";
export {
  parseRecording,
  type RecordedRequest,
  type RecordedResponse,
  type Recording,
  readRecording,
} from "./recording.ts";
export { type Exchange, type ReplayOptions, startReplay } from "./replay.ts";
export type { ReceivedRequest } from "./request-reader.ts";
export { type Services, type ServicesOptions, startServices } from "./services.ts";
export type { Behaviour, UpstreamRequest } from "./site.ts";
export type { AnthropicSiteOptions } from "./sites/anthropic.ts";
export type { ChatgptfreeSiteOptions } from "./sites/chatgptfree.ts";
export type { ChatgpttSiteOptions } from "./sites/chatgptt.ts";
export type { GeminiSiteOptions } from "./sites/gemini.ts";
export type { OpenaiSiteOptions } from "./sites/openai.ts";
export type { PizzagptSiteOptions } from "./sites/pizzagpt.ts";
export type { SocketServer, SocketServerOptions } from "./socket-server.ts";
export type { Upstream } from "./upstream.ts";
export { startUpstreams, type Upstreams, type UpstreamsOptions } from "./upstreams.ts";
