import type { ChatRequest } from "@fallthrough/core";
import { createOpenAI } from "@fallthrough/provider-openai";
import { createMemoryHealth, createRegistry } from "@fallthrough/registry";
import type { Chain } from "../chain.ts";
import { MODEL, PROMPT } from "../client.ts";

/** Milliseconds that a candidate may be silent where the suite lets one stall; no server of the bench is so slow. */
export const STALL_MS = 50;

/** A registry over these servers, in order. */
export function createRegistryChain(baseURLs: readonly string[], stalls: boolean): Chain {
  const models = [{ id: MODEL }];
  const timeouts = stalls ? { firstChunkMs: STALL_MS } : undefined;
  const providers = baseURLs.map((baseURL, place) =>
    createOpenAI({
      id: `candidate-${place + 1}`,
      baseURL,
      models,
      timeouts: place === 0 ? timeouts : undefined,
    }),
  );
  const request: ChatRequest = { model: MODEL, messages: [{ role: "user", content: PROMPT }] };
  return {
    // what is known of candidates begins anew with every call, or the failing one would soon be left out
    prepare() {
      const registry = createRegistry({ providers, health: createMemoryHealth() });
      return () => registry.chat(request).textStream;
    },
    async close() {
      for (const provider of providers) await provider.close?.();
    },
  };
}

/** The same with a memory: after its first call it knows that the first server asked for a pause. */
export function createCoolingChain(baseURLs: readonly string[]): Chain {
  const models = [{ id: MODEL }];
  const providers = baseURLs.map((baseURL, place) =>
    createOpenAI({ id: `candidate-${place + 1}`, baseURL, models }),
  );
  const registry = createRegistry({ providers });
  const request: ChatRequest = { model: MODEL, messages: [{ role: "user", content: PROMPT }] };
  return {
    prepare: () => () => registry.chat(request).textStream,
    close: () => registry.close(),
  };
}
