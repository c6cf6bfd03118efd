export type { Candidate } from "./candidate.ts";
export { type ChainOptions, createChain } from "./chain.ts";
export { ChainExhaustedError, type Outcome } from "./exhausted.ts";
export type { CandidateStep, ExplainStep } from "./explain.ts";
export type { Health, HealthFailure, HealthStore, HealthSubject, Permit } from "./health.ts";
export { createMemoryHealth, type MemoryHealthOptions } from "./memory-health.ts";
export { type CodePolicy, POLICY, type Policy, type PolicyOverrides } from "./policy.ts";
export type { ReferenceStep } from "./references.ts";
export {
  createRegistry,
  type ModelListing,
  type ModelReference,
  type Registry,
  type RegistryOptions,
  type RegistryRequest,
} from "./registry.ts";
