import type { ChatProvider, ChatRequest, ProviderSettings } from "@fallthrough/core";
import { providerCard } from "@fallthrough/core/internal";
import {
  createHttpClient,
  fieldsOf,
  formatPrompt,
  type HttpClient,
  parseJson,
  wishWarnings,
} from "@fallthrough/core/provider";

/** The manifest of the toy. */
export const MANIFEST: { readonly fallthrough: object } = {
  fallthrough: {
    specificationVersion: 1,
    id: "toy",
    factory: "createToy",
    name: "Toy",
    status: { state: "active", checked: "2026-01-01" },
    models: [{ id: "toy-1", capabilities: { tools: false, images: false } }],
  },
};

/** What a flaw may change in the provider that has none. */
export interface Changes {
  readonly prompt?: ((request: ChatRequest) => string) | undefined;
  readonly signal?: ((request: ChatRequest) => AbortSignal | undefined) | undefined;
  /** The text of an event. */
  readonly text?: ((data: string) => string) | undefined;
  /** Where the question goes. */
  readonly path?: string | undefined;
  /** Takes the end of the stream for the end of the answer. */
  readonly endsAnywhere?: boolean | undefined;
}

/** A provider without a flaw: one request, a stream of events and an end marker. */
export function createToy(settings: ProviderSettings = {}, changes: Changes = {}): ChatProvider {
  const card = providerCard(MANIFEST, settings);
  const http: HttpClient = createHttpClient({ provider: card.id, origin: "https://toy.invalid" }, settings);
  const { prompt = ({ messages }) => formatPrompt(messages), text = textOf, path = "/chat" } = changes;

  return {
    ...card,

    async *stream(request) {
      yield* wishWarnings(card, request);
      const signal = changes.signal === undefined ? request.signal : changes.signal(request);
      const body = { prompt: prompt(request), model: request.model };
      const response = await http({ method: "POST", path, body, signal });
      for await (const { data } of response.events()) {
        if (data === "[DONE]") {
          yield { type: "finish", finishReason: "stop" };
          return;
        }
        yield { type: "text-delta", delta: text(data) };
      }
      if (changes.endsAnywhere) yield { type: "finish", finishReason: "stop" };
    },

    close: () => http.close(),
  };

  function textOf(data: string): string {
    const delta = fieldsOf(parseJson(data, "POST /chat"))["text"];
    if (typeof delta !== "string") throw http.error("server", "POST /chat answered an event without `text`");
    return delta;
  }
}
