import { type ChatRequest, chat } from "@fallthrough/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { fullRequest } from "../../../core/test/properties/full-request.ts";
import { checkErrors, clearOutcome, type Outcome } from "../../../core/test/properties/outcome.ts";
import { TRIALS_MS, trials } from "../../../core/test/properties/trials.ts";
import { spoil, spoiling, wildValue } from "../../../core/test/properties/wild-values.ts";
import {
  ChainExhaustedError,
  type ChainOptions,
  createChain,
  createMemoryHealth,
  createRegistry,
  type RegistryOptions,
} from "../../src/index.ts";
import { answer, fakeProvider, QUESTION } from "../fake-provider.ts";

/** A provider whose card is made anew, so that it can be spoiled. */
function freshProvider(id: string) {
  const {
    requests: _,
    open: __,
    ...provider
  } = fakeProvider(id, [answer("a")], {
    status: { state: "active", checked: "2026-01-01", note: "n" },
    models: [
      { id: "m", aliases: ["other"], contextWindow: 100, selectable: true, capabilities: { tools: true } },
    ],
  });
  return provider;
}

function chainOptions(): ChainOptions {
  return {
    id: "chain",
    timeouts: { connectMs: 100, firstChunkMs: 100, chunkMs: 100, totalMs: 200, commitMs: 200 },
    health: createMemoryHealth(),
    policy: { server: { again: "never", next: "yes", health: "cool", cooldownMs: 10, factor: 2 } },
    reasoningOnly: false,
    emptyAnswer: "fail",
    onAttempt: () => {},
  };
}

/** What nobody answered is an answer to the request, too. */
async function outcomeOf(run: () => unknown): Promise<Outcome> {
  return clearOutcome(async () => {
    try {
      await run();
    } catch (reason) {
      if (!(reason instanceof ChainExhaustedError)) throw reason;
      JSON.stringify(reason);
    }
  });
}

test(
  "whatever stands in a request, a registry and a chain answer or name the field",
  async () => {
    const providers = [freshProvider("toy"), freshProvider("two")];
    const registry = createRegistry({ providers });
    const chain = createChain(providers);
    const request = (): ChatRequest => ({ ...fullRequest(), model: "toy/m" });
    await checkErrors(
      spoiling,
      async (given) => {
        const { value, path } = spoil(request(), given);
        // the reason of an abort is the caller's own
        if (path[0] === "signal" && given.value.kind === "an aborted signal") return;

        const outcomes = [
          await outcomeOf(() => registry.chat(value as ChatRequest).result()),
          await outcomeOf(() => chat(chain, spoil(request(), given).value as ChatRequest).result()),
        ];

        for (const { code, message } of outcomes) {
          if (code === undefined) continue;
          expect(code).toMatch(/^(bad-request|config)$/);
          expect(message).toContain(code === "config" ? "model" : (path[0] ?? "request"));
        }
      },
      trials(700),
    );
  },
  TRIALS_MS,
);

test(
  "whatever stands in its options, a registry is made and used, or names the option",
  async () => {
    const options = () => {
      const { id: _, ...behaviour } = chainOptions();
      const aliases = { best: ["toy", "two/m"], fast: "toy" };
      const problems = [{ error: new Error("left out") }];
      return { ...behaviour, providers: [freshProvider("toy"), freshProvider("two")], aliases, problems };
    };
    await checkErrors(
      fc.tuple(spoiling, wildValue),
      async ([given, name]) => {
        const { value } = spoil(options(), given);

        await outcomeOf(async () => {
          const registry = createRegistry(value as RegistryOptions);
          await registry.chat(QUESTION).result();
          await outcomeOf(() => registry.chat({ ...QUESTION, model: name.create() as string }).result());
          registry.models();
          await outcomeOf(() => registry.resolve(name.create() as string));
          await outcomeOf(() => registry.explain(name.create() as string, name.create() as never));
          await outcomeOf(() => registry.resetHealth(name.create() as string));
          await outcomeOf(() => registry.listModels(name.create() as object));
        });
      },
      trials(700),
    );
  },
  TRIALS_MS,
);

test(
  "whatever stands in its candidates and options, a chain is made and used, or names what is wrong",
  async () => {
    await checkErrors(
      fc.tuple(spoiling, spoiling),
      async ([first, second]) => {
        const candidates = [
          freshProvider("toy"),
          { provider: freshProvider("two"), model: "m", explicit: true },
        ];

        await outcomeOf(async () => {
          const chain = createChain(
            spoil(candidates, first).value as typeof candidates,
            second.frozen ? (spoil(chainOptions(), second).value as ChainOptions) : undefined,
          );
          await chat(chain, QUESTION).result();
          for await (const part of chain.stream(QUESTION)) void part;
        });
      },
      trials(600),
    );
  },
  TRIALS_MS,
);
