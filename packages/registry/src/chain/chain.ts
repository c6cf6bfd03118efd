import {
  type Attempt,
  type ChainTimeouts,
  ChatError,
  type ChatProvider,
  type ProviderStatus,
} from "@fallthrough/core";
import {
  type GuardOptions,
  parseChainRequest,
  SELF_GUARDED,
  type SelfGuarded,
} from "@fallthrough/core/internal";
import type { HealthStore } from "../health/health.ts";
import { createAccounts } from "../health/health-report.ts";
import { createMemoryHealth } from "../health/memory-health.ts";
import { type PolicyOverrides, resolvePolicy } from "../health/policy.ts";
import { type Candidate, planCandidates } from "./candidate.ts";
import { type ChainContext, createChainCall } from "./chain-call.ts";

/** How a chain behaves. */
export interface ChainOptions {
  /** @default "chain" */
  /** The id of the chain as a provider. @default "chain" */
  readonly id?: string | undefined;
  /** Used where neither the request nor a provider's own settings set one. */
  readonly timeouts?: ChainTimeouts | undefined;
  /** @default one in memory, for this chain alone */
  /** The memory of failures. @default one in memory, of this chain alone */
  readonly health?: HealthStore | undefined;
  /** Changes to `POLICY`. */
  readonly policy?: PolicyOverrides | undefined;
  /** Accepts an answer that has reasoning and no text. @default false */
  readonly reasoningOnly?: boolean | undefined;
  /** Told of every attempt as it ends, those of chains inside this one too; never any content. */
  readonly onAttempt?: ((attempt: Attempt) => void) | undefined;
}

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
 * @throws `config` without a candidate
 */
export function createChain(
  candidates: readonly (ChatProvider | Candidate)[],
  options: ChainOptions = {},
): Chain {
  const { id = "chain" } = options;
  const all = candidates.map((candidate) => ("provider" in candidate ? candidate : { provider: candidate }));
  const [first] = all;
  if (first === undefined)
    throw new ChatError("config", "createChain() got no candidate, expected at least one");
  const context = createContext(options, "chain");
  const plan = planCandidates(all);

  const stream: SelfGuarded["stream"] = (request, callOptions?: GuardOptions) =>
    createChainCall(context, plan, () => parseChainRequest(request), callOptions);
  const close = () => context.close(all.map(({ provider }) => provider));
  const chain: Chain & SelfGuarded & { readonly [SELF_GUARDED]: typeof stream } = {
    specificationVersion: 1,
    id,
    name: `Chain of ${all.map(({ provider }) => provider.name).join(", ")}`,
    status: statusOf(first, all),
    models: [],
    [SELF_GUARDED]: stream,
    stream,
    close,
    [Symbol.asyncDispose]: close,
  };
  return chain;
}

/** What all calls of a chain share, and its end. */
export interface OwnedContext extends ChainContext {
  /** Ends every call with `config` and closes these providers. */
  close(providers: readonly ChatProvider[]): Promise<void>;
}

/** What all calls with these options share. */
export function createContext(
  { timeouts, health = createMemoryHealth(), policy: overrides, reasoningOnly, onAttempt }: ChainOptions,
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
    onAttempt,
    closing: closer.signal,
    close(providers) {
      closer.abort(
        new ChatError("config", `the ${name} was closed, expected no call after that or during it`),
      );
      return closeAll(providers);
    },
  };
}

function statusOf(first: Candidate, all: readonly Candidate[]): ProviderStatus {
  const usable = all.find(({ provider, explicit }) => explicit || provider.status.state !== "retired");
  return (usable ?? first).provider.status;
}

/** Closes every provider once, also when one of them fails to. */
async function closeAll(providers: readonly ChatProvider[]): Promise<void> {
  const closings = [...new Set(providers)].map(async (provider) => provider.close?.());
  const failures = (await Promise.allSettled(closings)).flatMap((closing) =>
    closing.status === "rejected" ? [closing.reason] : [],
  );
  if (failures.length > 0) throw new AggregateError(failures, "not every provider could be closed");
}
