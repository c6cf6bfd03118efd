import { on, once } from "node:events";
import { ChatError } from "@fallthrough/core";
import {
  type CommonSettings,
  defineProvider,
  formatPrompt,
  type ProviderFactory,
  wishWarnings,
} from "@fallthrough/core/provider";
import { WebSocket } from "ws";
import { manifestOf } from "./manifest.ts";
import { parsePart } from "./protocol.ts";

const manifest = manifestOf("web-socket", "WebSocket");

type Settings = CommonSettings & { readonly url?: string | undefined };

/** A provider that opens a WebSocket for each call. */
export const createWebSocket: ProviderFactory<Settings> = defineProvider(
  { manifest, settings: { url: "string" } },
  ({ card, settings }) => {
    const open = new Set<WebSocket>();
    return {
      async *stream(request) {
        yield* wishWarnings(card, request);
        const { signal } = request;
        signal?.throwIfAborted();
        const socket = new WebSocket(settings.url ?? "wss://socket.example");
        const leave = () => socket.terminate();
        open.add(socket);
        signal?.addEventListener("abort", leave);
        const messages = on(socket, "message", { close: ["close"] });
        try {
          await once(socket, "open");
          socket.send(JSON.stringify({ prompt: formatPrompt(request.messages) }));
          for await (const [data] of messages) {
            const part = parsePart(String(data), "the socket");
            yield part;
            if (part.type === "finish") return;
          }
          signal?.throwIfAborted();
        } catch (cause) {
          signal?.throwIfAborted();
          throw cause instanceof ChatError ? cause : new ChatError("network", "the socket failed", { cause });
        } finally {
          signal?.removeEventListener("abort", leave);
          leave();
          open.delete(socket);
        }
      },
      async close() {
        for (const socket of open) socket.terminate();
      },
    };
  },
);
