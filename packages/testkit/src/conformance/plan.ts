import { startReplay } from "../replay.ts";
import type { ReceivedRequest } from "../request-reader.ts";
import { question, readParts } from "./ask.ts";
import type { ProviderSuite, SuiteExchange } from "./suite.ts";

/** Which requests a good answer takes, so that a fault can stand in the place of one of them. */
export interface Plan {
  /** Finds what a server answers; it counts the requests of that server. */
  createFinder(): (request: ReceivedRequest) => FoundExchange;
  /** How many requests one call makes. */
  readonly steps: number;
  /** Whether this is one of those requests, or one that follows a failure, such as the end of a session. */
  includes(request: ReceivedRequest): boolean;
  /** How long a good answer takes, which a provider that asks again and again decides by its pauses. */
  readonly durationMs: number;
}

/** What there is for a request, and which step of the call it is. */
interface FoundExchange {
  readonly exchange: SuiteExchange | undefined;
  readonly step: "first" | "answer" | "other";
}

/** Lets the provider answer once and learns what it asks; whether it does so well is for the cases to tell. */
export async function learnPlan(suite: ProviderSuite): Promise<Plan> {
  const { create, exchanges } = suite;
  const queue = typeof exchanges === "function" ? undefined : [...exchanges];
  const find = typeof exchanges === "function" ? exchanges : () => queue?.shift();
  const start = performance.now();
  const server = await startReplay((request) => {
    const exchange = find(request);
    return exchange instanceof Uint8Array ? { response: exchange } : exchange;
  });
  try {
    const signal = AbortSignal.timeout(5000);
    const provider = create({ baseURL: server.origin, proxy: false });
    const request = { ...question(), ...suite.request, signal };
    await Promise.race([readParts(provider, request), aborted(signal)]);
    await provider.close?.();
  } catch {
    // a case of its own tells it
  }
  const durationMs = Math.ceil(performance.now() - start);
  await server.close();
  const asked =
    typeof exchanges === "function" ? server.requests : server.requests.slice(0, exchanges.length);
  return createPlan(suite, asked.map(signature), durationMs);
}

function createPlan({ exchanges }: ProviderSuite, steps: readonly string[], durationMs: number): Plan {
  const last = steps.length - 1;
  return {
    steps: steps.length,
    includes: (request) => steps.includes(signature(request)),
    durationMs,
    createFinder() {
      const counts = new Map<string, number>();
      return (request) => {
        const key = signature(request);
        const count = counts.get(key) ?? 0;
        counts.set(key, count + 1);
        const places = steps.flatMap((step, index) => (step === key ? [index] : []));
        // a call that is asked again, or renews its session, goes through its steps again
        const place = places[count % places.length];
        const step = place === last ? "answer" : place === 0 ? "first" : "other";
        if (typeof exchanges === "function") return { exchange: exchanges(request), step };
        return { exchange: place === undefined ? undefined : exchanges[place], step };
      };
    },
  };
}

/** What makes two requests the same step of a call. */
export function signature({ method, path }: ReceivedRequest): string {
  return `${method} ${path.replace(/\?.*/, "")}`;
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
