import type { CallAttempt, FinishReason } from "@fallthrough/registry";

/** The names of the GenAI conventions, version 0.1.0, and ours beside them. */
export const NAMES = {
  operation: "gen_ai.operation.name",
  provider: "gen_ai.provider.name",
  requestModel: "gen_ai.request.model",
  responseModel: "gen_ai.response.model",
  responseId: "gen_ai.response.id",
  finishReasons: "gen_ai.response.finish_reasons",
  firstChunk: "gen_ai.response.time_to_first_chunk",
  outputType: "gen_ai.output.type",
  inputTokens: "gen_ai.usage.input_tokens",
  outputTokens: "gen_ai.usage.output_tokens",
  cachedTokens: "gen_ai.usage.cache_read.input_tokens",
  reasoningTokens: "gen_ai.usage.reasoning.output_tokens",
  errorType: "error.type",
  address: "server.address",
  port: "server.port",
  outcome: "fallthrough.attempt.outcome",
  index: "fallthrough.attempt.index",
  phase: "fallthrough.attempt.phase",
  status: "http.response.status_code",
  callId: "fallthrough.call.id",
  attempts: "fallthrough.call.attempts",
  overhead: "fallthrough.call.overhead",
} as const;

/** The well-known names of providers, by our ids; others have our id. */
const PROVIDERS: Readonly<Record<string, string>> = {
  gemini: "gcp.gemini",
  mistral: "mistral_ai",
  moonshot: "moonshot_ai",
  xai: "x_ai",
};
const OPERATIONS = { chat: "chat", completions: "text_completion", embeddings: "embeddings" } as const;
const FINISH_REASONS: Readonly<Record<FinishReason, string>> = {
  stop: "stop",
  length: "length",
  "content-filter": "content_filter",
  "tool-calls": "tool_call",
  other: "other",
};

/** A provider's name in the conventions. */
export function providerName(id: string): string {
  return Object.hasOwn(PROVIDERS, id) ? (PROVIDERS[id] as string) : id;
}

/** The name of what is asked for. */
export function operationName(operation: keyof typeof OPERATIONS): string {
  return OPERATIONS[operation];
}

/** Why an answer ended; one that broke off ended with an error. */
export function finishReasons({
  finishReason,
  outcome,
  phase,
}: Pick<CallAttempt, "finishReason" | "outcome" | "phase">): string[] | undefined {
  if (finishReason !== undefined) return [FINISH_REASONS[finishReason] ?? "other"];
  return outcome === "failed" && phase === "committed" ? ["error"] : undefined;
}

/** The server of an attempt, where it is not the provider's own. */
export function serverOf(origin: string | undefined): Readonly<Record<string, string | number>> {
  if (origin === undefined || !URL.canParse(origin)) return {};
  const { hostname, port, protocol } = new URL(origin);
  return { [NAMES.address]: hostname, [NAMES.port]: Number(port) || (protocol === "http:" ? 80 : 443) };
}
