import { randomBytes, randomUUID } from "node:crypto";
import {
  type ChatProvider,
  type ChatRequest,
  createHttpClient,
  type ProviderCard,
  type ProviderSettings,
  type StreamPart,
  wishWarnings,
} from "@fallthrough/core";
import { aipkitTurn } from "./aipkit-turn.ts";
import { failureError } from "./ask.ts";
import { chooseBot } from "./choose-bot.ts";
import { classicTurn } from "./classic-turn.ts";
import { flattenPrompt, splitPrompt } from "./history.ts";
import { OPTION_NAMES, parseId, parseOptions } from "./options.ts";
import { type ChatSite, openSession } from "./session.ts";
import type { Turn } from "./turn.ts";

/** What a provider package knows of its site. */
export interface AiPowerSite {
  readonly card: ProviderCard;
  readonly origin: string;
  /** The page that shows the chat. @default "/" */
  readonly pagePath?: string | undefined;
  /** The bot where the page shows none. */
  readonly botId?: number | undefined;
  /** The post where the page names none. */
  readonly postId?: number | undefined;
  /** The AIPKit bot behind each model. */
  readonly modelBots?: Readonly<Record<string, number>> | undefined;
}

/** The settings of a provider on a site with AI Power. */
export interface AiPowerSettings extends ProviderSettings {
  /** The page that shows the chat. */
  readonly pagePath?: string | undefined;
  /** The bot to ask. @default the page's, or the model's */
  readonly botId?: number | string | undefined;
  /** The post that the chat stands in. @default the page's */
  readonly postId?: number | string | undefined;
  /** Milliseconds for which what the page told is used again. @default 12 hours, the shortest life of a nonce */
  readonly pageMaxAgeMs?: number | undefined;
}

const HALF_A_DAY_MS = 12 * 60 * 60 * 1000;

/** Creates a provider for a site with the WordPress plugin AI Power, of either generation. */
export function createAiPower(site: AiPowerSite, settings: AiPowerSettings = {}): ChatProvider {
  const { card } = site;
  const pagePath = settings.pagePath ?? site.pagePath ?? "/";
  const http = createHttpClient({ provider: card.id, origin: site.origin }, settings);
  const session = openSession(http, pagePath, settings.pageMaxAgeMs ?? HALF_A_DAY_MS);
  const botId = parseId(card.id, "setting `botId`", "config", settings.botId);
  const postId = parseId(card.id, "setting `postId`", "config", settings.postId);
  const fallback = { botId: site.botId?.toString(), postId: site.postId?.toString() };
  const sessionId = randomUUID();
  const clientId = randomBytes(5).toString("hex");

  function prepare(chatSite: ChatSite, request: ChatRequest, warn: (message: string) => void): Turn {
    const options = parseOptions(card.id, request);
    const { generation } = chatSite;
    const [defaultModel] = card.models;
    const asked = request.model ?? defaultModel?.id;
    const bot = chooseBot(chatSite, {
      botId: options.botId ?? botId,
      postId: options.postId ?? postId,
      modelBotId: asked === undefined ? undefined : site.modelBots?.[asked]?.toString(),
      defaultModel: asked === defaultModel?.id,
      ownSite: http.origin === site.origin,
      fallback,
    });
    if (bot === undefined)
      throw http.error("protocol", "chat page shows no bot, expected one or the setting `botId`");
    if (bot.warning !== undefined) warn(bot.warning);
    if (generation === "classic" && site.modelBots !== undefined && asked !== defaultModel?.id) {
      warn(`this site has one model, so ${asked} was not asked for by name`);
    }
    const field = options.history === "field";
    if (field && generation === "aipkit")
      warn("this site has no history field, so the history went into the message");
    const format = field && generation === "classic" ? splitPrompt : flattenPrompt;
    const prompt = format(request.messages, warn);
    return { http, site: chatSite, bot, prompt, clientId, sessionId, signal: request.signal };
  }

  async function* stream(request: ChatRequest): AsyncGenerator<StreamPart> {
    const told = new Set<string>();
    const attempt = async function* (chatSite: ChatSite) {
      const warnings = new Set<string>();
      const turn = prepare(chatSite, request, (message) => warnings.add(message));
      for (const message of warnings) {
        if (!told.has(message)) yield { type: "warning", code: "adjusted", message } satisfies StreamPart;
        told.add(message);
      }
      return yield* chatSite.generation === "aipkit" ? aipkitTurn(turn) : classicTurn(turn);
    };
    yield* wishWarnings(card, request, { options: [...OPTION_NAMES] });
    const chatSite = await session.site(request.signal);
    let failure = yield* attempt(chatSite);
    if (failure?.remedy === "page") failure = yield* attempt(await session.renew(chatSite, request.signal));
    if (failure !== undefined) throw failureError(http, failure);
  }

  return {
    ...card,
    stream,
    async close() {
      session.forget();
      await http.close();
    },
  };
}
