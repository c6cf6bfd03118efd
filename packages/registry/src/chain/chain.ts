import { ChatError, type ChatProvider, type ProviderStatus } from "@fallthrough/core";
import {
  type GuardOptions,
  idsOf,
  MEMBERS,
  parseChainRequest,
  readNow,
  SELF_GUARDED,
  type SelfGuarded,
} from "@fallthrough/core/internal";
import type { OnCall } from "../events/call-events.ts";
import { createAccounts } from "../health/health-report.ts";
import { createMemoryHealth } from "../health/memory-health.ts";
import { resolvePolicy } from "../health/policy.ts";
import { type Candidate, planCandidates } from "./candidate.ts";
import { type ChainContext, createChainCall } from "./chain-call.ts";
import { type ChainOptions, parseCandidates, parseChainOptions } from "./chain-options.ts";

/** A chain, which closes its candidates. */
export interface Chain extends ChatProvider {
  /** Ends every call with `config`, then closes the candidates. */
  close(): Promise<void>;
  /** The same as `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * One provider that asks the candidates in order until one of them answers.
 *
 * A candidate without a model is asked for the model of the request.
 *
 * @throws `config` for a list without a candidate, what is no provider, and an option that is unknown or wrong
 */
export function createChain(
  candidates: readonly (ChatProvider | Candidate)[],
  options?: ChainOptions,
): Chain {
  const all = parseCandidates(candidates);
  const { id = "chain", ...behaviour } = parseChainOptions(options);
  const context = createContext(behaviour, "chain");
  const plan = planCandidates(all);

  const stream: SelfGuarded["stream"] = (request, callOptions?: GuardOptions) =>
    createChainCall(
      context,
      plan,
      readNow(() => parseChainRequest(request)),
      callOptions,
    );
  const close = () => context.close(all.map(({ provider }) => provider));
  const chain: Chain &
    SelfGuarded & { readonly [SELF_GUARDED]: typeof stream; readonly [MEMBERS]: readonly string[] } = {
    specificationVersion: 1,
    id,
    name: `Chain of ${all.map(({ provider }) => provider.name).join(", ")}`,
    status: statusOf(all),
    models: [],
    [MEMBERS]: all.flatMap(({ provider }) => idsOf(provider)),
    [SELF_GUARDED]: stream,
    stream,
    close,
    [Symbol.asyncDispose]: close,
  };
  return chain;
}

/** What all calls of a chain share, and its end. */
export interface OwnedContext extends ChainContext {
  /** Told of every call; more can be added. */
  readonly listeners: Set<OnCall>;
  /** Ends every call with `config` and closes these providers. */
  close(providers: readonly ChatProvider[]): Promise<void>;
}

/** What all calls with these options share. */
export function createContext(
  {
    timeouts,
    health = createMemoryHealth(),
    policy: overrides,
    reasoningOnly,
    emptyAnswer,
    minRate,
    onAttempt,
    onCall,
  }: ChainOptions,
  name: "chain" | "registry",
): OwnedContext {
  const policy = resolvePolicy(overrides);
  const closer = new AbortController();
  return {
    timeouts,
    health,
    policy,
    accounts: createAccounts(health, policy),
    reasoningOnly,
    emptyAllowed: emptyAnswer === "allow",
    minRate,
    onAttempt,
    listeners: new Set(onCall === undefined ? [] : [onCall]),
    closing: closer.signal,
    close(providers) {
      closer.abort(
        new ChatError("config", `the ${name} was closed, expected no call after that or during it`),
      );
      return closeAll(providers);
    },
  };
}

function statusOf(all: readonly Candidate[]): ProviderStatus {
  const usable = all.find(({ provider, explicit }) => explicit || provider.status.state !== "retired");
  return (usable ?? (all[0] as Candidate)).provider.status;
}

/** Closes every provider once, also when one of them fails to. */
async function closeAll(providers: readonly ChatProvider[]): Promise<void> {
  const closings = [...new Set(providers)].map(async (provider) => provider.close?.());
  const failures = (await Promise.allSettled(closings)).flatMap((closing) =>
    closing.status === "rejected" ? [closing.reason] : [],
  );
  if (failures.length > 0) throw new AggregateError(failures, "not every provider could be closed");
}
