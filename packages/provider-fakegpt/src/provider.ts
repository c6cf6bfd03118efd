import { randomUUID } from "node:crypto";
import {
  ChatError,
  type ChatRequest,
  type JsonObject,
  type ProviderSettings,
  type StreamPart,
} from "@fallthrough/core";
import {
  BROWSER_USER_AGENT,
  cumulativeParts,
  defineProvider,
  formatPrompt,
  type HttpResponse,
  type ProviderFactory,
  partLists,
  wishWarnings,
} from "@fallthrough/core/provider";
import manifest from "../package.json" with { type: "json" };
import { CONVERSATION, parseFailure } from "./protocol.ts";
import { createSession } from "./session.ts";

const ORIGIN = "https://chat-shared2.zhile.io";

/** Creates a provider for FakeGpt, or for a Pandora of one's own through `baseURL`. */
export const createFakegpt: ProviderFactory<ProviderSettings> = defineProvider(
  { manifest, origin: ORIGIN, headers: browserHeaders },
  ({ card, http }) => {
    const session = createSession(http);

    async function converse(body: JsonObject, signal: AbortSignal | undefined): Promise<HttpResponse> {
      for (let renewed = false; ; renewed = true) {
        const accessToken = await session.accessToken(signal);
        const headers = { accept: "text/event-stream", "x-authorization": `Bearer ${accessToken}` };
        try {
          return await http({
            method: "POST",
            path: "/api/conversation",
            headers,
            body,
            signal,
            recognise: parseFailure,
          });
        } catch (error) {
          if (!(error instanceof ChatError) || error.code !== "auth") throw error;
          session.drop(accessToken);
          if (renewed) throw error;
        }
      }
    }

    async function answer(request: ChatRequest): Promise<AsyncIterable<StreamPart>> {
      const warnings = [
        ...wishWarnings(card, request, { options: ["timezoneOffsetMin", "historyAndTrainingDisabled"] }),
      ];
      const { timezoneOffsetMin = 0, historyAndTrainingDisabled = true } =
        request.providerOptions?.[card.id] ?? {};
      const prompt = formatPrompt(request.messages, (message) =>
        warnings.push({ type: "warning", code: "unsupported", message }),
      );
      const content = { content_type: "text", parts: [prompt] };
      const response = await converse(
        {
          action: "next",
          messages: [{ id: randomUUID(), author: { role: "user" }, content, metadata: {} }],
          parent_message_id: randomUUID(),
          model: request.model ?? card.models[0]?.id,
          plugin_ids: [],
          timezone_offset_min: timezoneOffsetMin,
          suggestions: [],
          history_and_training_disabled: historyAndTrainingDisabled,
          arkose_token: "",
          force_paragen: false,
        },
        request.signal,
      );
      return cumulativeParts(response.eventGroups({ cumulative: true }), CONVERSATION, warnings);
    }

    return { stream: (request) => partLists(() => answer(request)) };
  },
);

function browserHeaders(baseURL: string): Record<string, string> {
  return { "accept-language": "en-US", "user-agent": BROWSER_USER_AGENT, referer: `${baseURL}/?v=2` };
}
