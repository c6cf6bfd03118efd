import { ChatError, type JsonObject, type ProviderSettings, type StreamPart } from "@fallthrough/core";
import {
  BROWSER_USER_AGENT,
  defineProvider,
  type HttpClient,
  type ProviderFactory,
  wishWarnings,
} from "@fallthrough/core/provider";
import manifest from "../package.json" with { type: "json" };
import { formatChat, formatQuestion, noteWords, PATH, parseAnswer } from "./protocol.ts";

const ORIGIN = "https://www.pizzagpt.it";
/** The newest first. */
const KNOWN_SECRETS: readonly string[] = ["Diavola", "Marinara"];

/** The settings of `createPizzagpt`. */
export interface PizzagptSettings extends ProviderSettings {
  /** The header `x-secret`, which the site changes now and then. @default the newest that was seen */
  readonly secret?: string | undefined;
  /** What is sent: the conversation as one text, or as the list that the newest client sends. @default "chat" */
  readonly body?: "classic" | "chat" | undefined;
}

/** Creates a provider for PizzaGPT. */
export const createPizzagpt: ProviderFactory<PizzagptSettings> = defineProvider(
  {
    manifest,
    origin: ORIGIN,
    headers: (baseURL) => ({
      accept: "application/json",
      "accept-language": "en-US,en;q=0.9",
      "user-agent": BROWSER_USER_AGENT,
      origin: new URL(baseURL).origin,
      referer: `${baseURL}/en`,
    }),
    settings: { secret: "string", body: ["classic", "chat"] },
  },
  ({ card, http, settings }) => {
    const ask = createQuestion(http, settings.secret);
    const classic = settings.body === "classic";

    return {
      async *stream(request) {
        yield* wishWarnings(card, request, { options: classic ? [] : ["searchEnabled", "studyMode"] });
        const { searchEnabled = false, studyMode = false } = request.providerOptions?.[card.id] ?? {};
        const warnings: StreamPart[] = [];
        const warn = (message: string): unknown =>
          warnings.push({ type: "warning", code: "unsupported", message });
        const body = classic
          ? formatQuestion(request.messages, warn)
          : formatChat(request.messages, { searchEnabled, studyMode }, warn);
        yield* warnings;

        const { text, sources } = parseAnswer(await ask(body, request.signal));
        yield { type: "text-delta", delta: text };
        for (const source of sources) yield { type: "source", ...source };
        yield { type: "finish", finishReason: "stop" };
      },
    };
  },
);

/** Asks with each known secret until the site takes one. */
function createQuestion(
  http: HttpClient,
  secret: string | undefined,
): (body: JsonObject, signal: AbortSignal | undefined) => Promise<unknown> {
  /** The one that worked last comes first. */
  let secrets = [...new Set([secret ?? [], KNOWN_SECRETS].flat())];

  return async (body, signal) => {
    let refusal: unknown;
    for (const tried of secrets) {
      try {
        const headers = { "x-secret": tried };
        const response = await http({
          method: "POST",
          path: PATH,
          headers,
          body,
          signal,
          recognise: noteWords,
        });
        secrets = [...new Set([tried, ...secrets])];
        return await response.json();
      } catch (error) {
        if (!(error instanceof ChatError) || error.code !== "auth") throw error;
        refusal = error;
      }
    }
    throw refusal;
  };
}
