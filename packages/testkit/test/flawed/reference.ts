import type { ChatProvider, ChatRequest, ProviderSettings, ToolCall, Usage } from "@fallthrough/core";
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
    models: [{ id: "toy-1", capabilities: { images: false } }],
  },
};

/** The data of the events of a good answer. */
export const EVENTS: readonly string[] = [
  '{"text":"Grüße "}',
  '{"text":"an alle "}',
  '{"text":"👋"}',
  '{"usage":{"in":11,"out":29}}',
  "[DONE]",
];

/** Those of one that calls two tools, the first of them in pieces. */
export const CALL_EVENTS: readonly string[] = [
  '{"call":{"id":"call-7","name":"weather"}}',
  '{"arguments":"{\\"city\\":"}',
  '{"arguments":"\\"Zürich\\"}"}',
  '{"call":{"id":"call-8","name":"time"}}',
  '{"arguments":"{}"}',
  "[DONE]",
];

/** What comes of it. */
export const CALLS: readonly ToolCall[] = [
  { id: "call-7", name: "weather", arguments: '{"city":"Zürich"}' },
  { id: "call-8", name: "time", arguments: "{}" },
];

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
  /** Takes the end of the stream for the end of a call. */
  readonly endsInCalls?: boolean | undefined;
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
      const { model, messages } = request;
      const tools = request.tools?.map((tool) => ({ ...tool }));
      const turns = messages.flatMap((message) => ("toolCalls" in message ? message.toolCalls : []));
      const calledBefore = turns.map((call) => ({ ...call }));
      const body = { prompt: prompt(request), model, tools, calledBefore };
      const response = await http({ method: "POST", path, body, signal });
      const calls: ToolCall[] = [];
      let usage: Usage | undefined;
      for await (const { data } of response.events()) {
        if (data === "[DONE]") {
          yield* calls.map((call) => ({ type: "tool-call" as const, ...call }));
          yield { type: "finish", finishReason: calls.length > 0 ? "tool-calls" : "stop", usage };
          return;
        }
        const { call, arguments: more, usage: counts } = eventOf(data);
        const last = calls.at(-1);
        if (call !== undefined) calls.push({ ...call, arguments: "" });
        else if (more !== undefined && last) last.arguments += more;
        else if (counts !== undefined) usage = { inputTokens: counts.in, outputTokens: counts.out };
        else yield { type: "text-delta", delta: text(data) };
      }
      if (changes.endsInCalls) yield* calls.map((call) => ({ type: "tool-call" as const, ...call }));
      const ends = changes.endsAnywhere || (changes.endsInCalls && calls.length > 0);
      if (ends) yield { type: "finish", finishReason: calls.length > 0 ? "tool-calls" : "stop" };
    },

    close: () => http.close(),
  };

  function textOf(data: string): string {
    const delta = fieldsOf(parseJson(data, "POST /chat"))["text"];
    if (typeof delta !== "string") throw http.error("server", "POST /chat answered an event without `text`");
    return delta;
  }
}

interface ToyEvent {
  readonly call?: { readonly id: string; readonly name: string };
  readonly arguments?: string;
  readonly usage?: { readonly in: number; readonly out: number };
}

function eventOf(data: string): ToyEvent {
  return fieldsOf(parseJson(data, "POST /chat"));
}
