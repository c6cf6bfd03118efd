import {
  ChatError,
  type ChatProvider,
  type FinishReason,
  type ProviderSettings,
  type StreamPart,
} from "@fallthrough/core";
import {
  codeOfStatus,
  createHttpClient,
  type HttpRequest,
  type HttpResponse,
  parseJson,
} from "@fallthrough/core/provider";
import { httpChunk, httpHead, httpResponse } from "@fallthrough/testkit";

/** Sent with every request of these providers; no error may show it. */
export const SECRET = "sk-0123456789abcdefSECRET";

/** How a wire provider reads its answer. */
export interface WireSettings extends ProviderSettings {
  /** @default "events" */
  readonly answer?: "events" | "json" | undefined;
  /** Asks for a new session and tries once more when it is refused. @default false */
  readonly renews?: boolean | undefined;
  /** The one text of a JSON answer with which the site tells of its limit. */
  readonly sentinel?: string | undefined;
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

  async function send(request: HttpRequest): Promise<HttpResponse> {
    try {
      return await http(request);
    } catch (error) {
      if (!settings.renews || !(error instanceof ChatError && error.code === "auth")) throw error;
    }
    const session = await http({ method: "POST", path: "/session", signal: request.signal });
    await session.json();
    return http(request);
  }

  async function* eventParts(response: HttpResponse): AsyncGenerator<StreamPart> {
    let finishReason: FinishReason = "stop";
    let model: string | undefined;
    for await (const { event, data } of response.events()) {
      const wire = data === "[DONE]" ? { done: true } : (parseJson(data, "an event") as WireEvent);
      if (event === "error" || wire.error !== undefined)
        throw http.error(codeOfStatus(wire.error?.status ?? 500), "the stream told of an error");
      finishReason = wire.finish ?? finishReason;
      model = wire.model ?? model;
      if (wire.reasoning != null) yield { type: "reasoning-delta", delta: wire.reasoning };
      if (wire.delta != null) yield { type: "text-delta", delta: wire.delta };
      if (!wire.done) continue;
      yield { type: "finish", finishReason, model };
      return;
    }
    throw http.error("interrupted", "the stream ended without its end marker");
  }

  async function* wholeParts(response: HttpResponse): AsyncGenerator<StreamPart> {
    const { text } = (await response.json()) as { readonly text: string };
    if (text === settings.sentinel) throw http.error("rate-limit", "the site told of its limit");
    yield { type: "text-delta", delta: text };
    yield { type: "finish", finishReason: "stop" };
  }

  return {
    specificationVersion: 1,
    id,
    name: id,
    status: { state: "active", checked: "2026-11-21" },
    models: [],
    close: () => http.close(),
    async *stream({ messages, signal }) {
      const body = { messages: messages.map(({ role, content }) => ({ role, content: String(content) })) };
      const response = await send({ method: "POST", path: "/chat", body, signal, recognise });
      yield* settings.answer === "json" ? wholeParts(response) : eventParts(response);
    },
  };
}

/** What an event may hold; `[DONE]` stands for `{"done":true}`. */
interface WireEvent {
  readonly delta?: string | null | undefined;
  readonly reasoning?: string | undefined;
  readonly finish?: FinishReason | undefined;
  readonly model?: string | undefined;
  readonly error?: { readonly status?: number | undefined } | undefined;
  readonly done?: boolean | undefined;
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
