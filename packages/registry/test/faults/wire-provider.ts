import {
  type ChatProvider,
  createHttpClient,
  type HttpRequest,
  type ProviderSettings,
  parseJson,
} from "@fallthrough/core";
import { httpChunk, httpHead, httpResponse } from "@fallthrough/testkit";

/** Sent with every request of these providers; no error may show it. */
export const SECRET = "sk-0123456789abcdefSECRET";

/** How a wire provider reads its answer. */
export interface WireSettings extends ProviderSettings {
  /** @default "events" */
  readonly answer?: "events" | "json" | undefined;
}

/**
 * A provider over a wire of its own: `{"delta"}` events up to `[DONE]`, or one `{"text"}`; a failure may tell
 * `quotaResetMs`.
 *
 * It holds only its protocol, as a plugin should, so what is tried through it are core and the chain.
 */
export function wireProvider(id: string, origin: string, settings: WireSettings = {}): ChatProvider {
  const http = createHttpClient({ provider: id, origin, headers: { "x-api-key": SECRET } }, settings);
  const recognise: HttpRequest["recognise"] = ({ status, body }) => {
    const [, resetMs] = /"quotaResetMs":(\d+)/.exec(body) ?? [];
    if (resetMs === undefined) return undefined;
    return http.error("rate-limit", "the quota of the day is used up", {
      status,
      retryAfterMs: Number(resetMs),
    });
  };
  return {
    specificationVersion: 1,
    id,
    name: id,
    status: { state: "active", checked: "2026-11-21" },
    models: [],
    close: () => http.close(),
    async *stream({ messages, signal }) {
      const body = { messages: messages.map(({ role, content }) => ({ role, content: String(content) })) };
      const response = await http({ method: "POST", path: "/chat", body, signal, recognise });
      if (settings.answer === "json") {
        const { text } = (await response.json()) as { readonly text: string };
        yield { type: "text-delta", delta: text };
      } else {
        let done = false;
        for await (const { data } of response.events()) {
          done = data === "[DONE]";
          if (done) break;
          const event = parseJson(data, "an event") as WireEvent;
          if (event.error !== undefined) throw http.error("server", "the stream told of an error");
          if (event.delta != null) yield { type: "text-delta", delta: event.delta };
        }
        if (!done) throw http.error("interrupted", "the stream ended without `[DONE]`");
      }
      yield { type: "finish", finishReason: "stop" };
    },
  };
}

interface WireEvent {
  readonly delta?: string | null | undefined;
  readonly error?: unknown;
}

/** The head of an event stream in chunks. */
export const EVENTS_HEAD: Buffer = httpHead(200, {
  "content-type": "text/event-stream",
  "transfer-encoding": "chunked",
});

/** One event with this text, as a chunk. */
export function deltaChunk(delta: string): Buffer {
  return httpChunk(deltaEvent(delta));
}

/** One event with this text. */
export function deltaEvent(delta: string): string {
  return `data: ${JSON.stringify({ delta })}\n\n`;
}

/** A whole streamed answer of these deltas. */
export function eventsAnswer(...deltas: readonly string[]): Buffer {
  return httpResponse({
    headers: { "content-type": "text/event-stream" },
    body: [...deltas.map(deltaEvent), "data: [DONE]\n\n"],
  });
}
