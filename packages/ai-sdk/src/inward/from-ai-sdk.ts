import { ChatError, type ChatRequest, type ProviderCard, type StreamPart } from "@fallthrough/core";
import { kindOf } from "@fallthrough/core/internal";
import { defineProvider, fieldsOf, type ProviderInstance, quote } from "@fallthrough/core/provider";
import { explainModelError } from "./explain-error.ts";
import { callWarnings, formatCall } from "./format-call.ts";
import type { AISDKModel } from "./model.ts";
import { createStreamReader } from "./read-stream.ts";

/** What a candidate says about itself. @default the vendor as its id, and the model alone */
export type AISDKCard = Partial<Omit<ProviderCard, "specificationVersion">>;

const VERSIONS: readonly string[] = ["v2", "v3", "v4"];
const EXPECTED = 'a language model of the AI SDK, `openai("gpt-5")` for example';
/** When these versions of the specification were last looked at. */
const CHECKED = "2026-11-29";

/**
 * Makes a language model of the AI SDK a candidate of a chain.
 *
 * Its errors become ours. It is asked once: the attempts of the AI SDK lie above the model, and those of the chain take their
 * place.
 *
 * @throws `config` for what is no such model, and for a card that is wrong
 * @example
 * const registry = createRegistry({ providers: [fromAISDK(anthropic("claude-haiku-4-5")), createPizzagpt()] });
 */
export function fromAISDK(model: AISDKModel, card: AISDKCard = {}): ProviderInstance {
  checkModel(model);
  const vendor = model.provider.split(".")[0] ?? "";
  const declared = {
    specificationVersion: 1,
    id: slug(vendor),
    name: `${model.provider}, through the AI SDK`,
    status: { state: "unverified", checked: CHECKED },
    models: [{ id: model.modelId }],
    ...card,
  };
  return defineProvider({ manifest: { fallthrough: declared } }, (parts) => ({
    stream: (request) => ask(model, parts.card, request),
  }))();
}

async function* ask(model: AISDKModel, card: ProviderCard, request: ChatRequest): AsyncGenerator<StreamPart> {
  yield* callWarnings(card, request, model);
  const { signal } = request;
  let received = false;
  let reader: ReadableStreamDefaultReader<unknown> | undefined;
  const leave = (): void => void reader?.cancel().catch(() => {});
  signal?.addEventListener("abort", leave);
  try {
    const supportedUrls = await model.supportedUrls;
    const options = formatCall(request, { id: card.id, model, supportedUrls });
    const { stream, response } = await model.doStream(options as never);
    reader = stream.getReader();
    // a model that does not look at its signal answers late
    if (signal?.aborted) return;
    const parts = createStreamReader(card.id, response?.headers);
    let finished = false;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      // a stream that is read to its end gives its connection back
      if (finished) continue;
      for (const part of parts.read(value)) {
        received ||= part.type !== "warning";
        finished ||= part.type === "finish";
        yield part;
      }
    }
    if (finished) return;
    throw new ChatError("interrupted", "the stream of the model ended, expected a `finish` at its end");
  } catch (thrown) {
    throw explainModelError(thrown, received);
  } finally {
    signal?.removeEventListener("abort", leave);
    leave();
  }
}

function checkModel(model: unknown): asserts model is AISDKModel {
  if (typeof model === "string") {
    throw new ChatError("config", `fromAISDK() was given the name ${quote(model)}, expected ${EXPECTED}`);
  }
  const { specificationVersion: version, provider, modelId, doStream } = fieldsOf(model);
  if (typeof doStream !== "function" || typeof provider !== "string" || typeof modelId !== "string") {
    throw new ChatError("config", `fromAISDK() was given ${kindOf(model)}, expected ${EXPECTED}`);
  }
  if (!VERSIONS.includes(`${version}`)) {
    const problem = `fromAISDK() was given a model of specification ${quote(`${version}`)}`;
    throw new ChatError("config", `${problem}, expected one of ${VERSIONS.join(", ")}`);
  }
}

/** A name as the id of a provider. */
function slug(name: string): string {
  const id = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 39);
  return id === "" ? "ai-sdk" : id;
}
