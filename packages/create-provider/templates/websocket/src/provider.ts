import { on, once } from "node:events";
import { ChatError, type StreamPart } from "@fallthrough/core";
import {
  type CommonSettings,
  defineProvider,
  formatPrompt,
  type ProviderFactory,
  wishWarnings,
} from "@fallthrough/core/provider";
import { WebSocket } from "ws";
import manifest from "../package.json" with { type: "json" };
import { parsePart } from "./protocol.ts";

const URL_OF_SITE = "wss://my-site.example/api/chat";

/** The settings of `createMySite`. */
export interface MySiteSettings extends CommonSettings {
  /** The address of the WebSocket. @default that of the site */
  readonly url?: string | undefined;
}

/** Creates a provider for My Site, which opens a WebSocket for each call. */
export const createMySite: ProviderFactory<MySiteSettings> = defineProvider(
  { manifest, settings: { url: "string" } },
  ({ card, settings }) => {
    const open = new Set<WebSocket>();
    return {
      async *stream(request) {
        yield* wishWarnings(card, request);
        const warnings: StreamPart[] = [];
        const prompt = formatPrompt(request.messages, (message) =>
          warnings.push({ type: "warning", code: "unsupported", message }),
        );
        yield* warnings;

        const { model, signal } = request;
        signal?.throwIfAborted();
        const socket = new WebSocket(settings.url ?? URL_OF_SITE);
        const leave = () => socket.terminate();
        open.add(socket);
        signal?.addEventListener("abort", leave);
        const messages = on(socket, "message", { close: ["close"] });
        try {
          await once(socket, "open");
          socket.send(JSON.stringify({ model, prompt }));
          for await (const [data] of messages) {
            const part = parsePart(String(data));
            yield part;
            if (part.type === "finish") return;
          }
          // without its last message the answer was cut: core tells that to the caller
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
