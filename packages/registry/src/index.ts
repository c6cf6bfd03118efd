// an application with a strict package manager needs no third package to catch a ChatError
export * from "@fallthrough/core";
export type { Candidate } from "./chain/candidate.ts";
export { type Chain, createChain } from "./chain/chain.ts";
export type { ChainOptions } from "./chain/chain-options.ts";
export { ChainExhaustedError, type ChainExhaustedErrorData, type Outcome } from "./chain/exhausted.ts";
export type { Absence } from "./discovery/absence.ts";
export type { ServerSettings, Servers } from "./discovery/servers.ts";
export {
  type AttemptMessage,
  CALL_CHANNELS,
  type CallMessage,
  type CallMessages,
  type CommittedMessage,
  type EndedMessage,
} from "./events/call-channels.ts";
export type {
  CallAttempt,
  CallCommitted,
  CallEnded,
  CallListener,
  CallStarted,
  OnCall,
} from "./events/call-events.ts";
export { createFileHealth, type FileHealth, type FileHealthOptions } from "./health/file-health.ts";
export type {
  AdmitOptions,
  Health,
  HealthFailure,
  HealthStore,
  HealthSubject,
  Permit,
  Refusal,
  RefusedNeed,
} from "./health/health.ts";
export type { DeclaredLimits, LimitState } from "./health/ledger.ts";
export { createMemoryHealth, type MemoryHealth, type MemoryHealthOptions } from "./health/memory-health.ts";
export { type CodePolicy, POLICY, type Policy, type PolicyOverrides } from "./health/policy.ts";
export type { CandidateLimit, CandidateStep, ExplainStep, RefusedAbility } from "./names/explain.ts";
export type { ListModelsOptions, ModelListing } from "./names/model-lister.ts";
export { parseRegistry } from "./names/parse-registry.ts";
export type { LeftOut, ReferenceStep } from "./names/references.ts";
export {
  type AbsentProvider,
  createRegistry,
  type ModelReference,
  type Registry,
  type RegistryOptions,
  type RegistryRequest,
} from "./names/registry.ts";
