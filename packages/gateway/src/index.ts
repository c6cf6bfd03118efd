export type { AccessOptions, TokenGrant } from "./access.ts";
export type { CallRecord, WaitRecord } from "./call-record.ts";
export { createGateway, type Gateway } from "./gateway.ts";
export { type GatewayOptions, type GatewayServerOptions, resolveServerOptions } from "./gateway-options.ts";
export { type RunningGateway, startGateway } from "./server.ts";
export type { AttemptEntry, CallEntry } from "./status/call-list.ts";
export type { CandidateCounts, MinuteCounts } from "./status/candidate-counts.ts";
export type {
  Status,
  StatusAbsence,
  StatusCandidate,
  StatusError,
  StatusLimit,
  StatusProblem,
  StatusRefusal,
} from "./status/status.ts";
