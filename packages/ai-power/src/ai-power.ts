import { randomBytes, randomUUID } from "node:crypto";
import type { ChatRequest, ProviderSettings, StreamPart } from "@fallthrough/core";
import { findModel } from "@fallthrough/core/internal";
import {
  defineProvider,
  type HttpProviderParts,
  type ProviderFactory,
  type ProviderMethods,
  wishWarnings,
} from "@fallthrough/core/provider";
import { aipkitTurn } from "./aipkit-turn.ts";
import { failureError } from "./ask.ts";
import { chooseBot } from "./choose-bot.ts";
import { classicTurn } from "./classic-turn.ts";
import { isAge, isId, isIdByModel, OPTION_NAMES, parseOptions } from "./options.ts";
import { formatHistory } from "./prompt.ts";
import { type ChatSite, openSession } from "./session.ts";
import type { TurnParts } from "./turn.ts";

/** What a provider package knows of its site. */
export interface AiPowerSite {
  /** The `package.json` with the card in its field `fallthrough`. */
  readonly manifest: { readonly fallthrough: unknown };
  /** The address of the site. */
  readonly origin: string;
  /** The page that shows the chat. @default "/" */
  readonly pagePath?: string | undefined;
  /** The post where the page names none. */
  readonly postId?: number | undefined;
  /** The AIPKit bot behind each model. */
  readonly bots?: Readonly<Record<string, number>> | undefined;
}

/** The settings of a provider on a site with AI Power. */
export interface AiPowerSettings extends ProviderSettings {
  /** The page that shows the chat. @default the provider's, else "/" */
  readonly pagePath?: string | undefined;
  /** The bot to ask. @default the model's on the provider's own site, else the page's */
  readonly botId?: number | string | undefined;
  /** The bot behind each model, for a WordPress of one's own with several. */
  readonly bots?: Readonly<Record<string, number | string>> | undefined;
  /** The post that holds the chat. @default the page's */
  readonly postId?: number | string | undefined;
  /** Milliseconds for which what the page told is used again. @default 12 hours, the shortest life of a nonce */
  readonly pageMaxAgeMs?: number | undefined;
}

const HALF_A_DAY_MS = 12 * 60 * 60 * 1000;

const ID = { is: isId, expected: "digits" };
const OWN_SETTINGS = {
  pagePath: "string",
  botId: ID,
  bots: { is: isIdByModel, expected: "digits for each model" },
  postId: ID,
  pageMaxAgeMs: { is: isAge, expected: "milliseconds" },
} as const;

/** Makes the factory of a provider for a site with the WordPress plugin AI Power, of either generation. */
export function defineAiPower(site: AiPowerSite): ProviderFactory<AiPowerSettings> {
  const { manifest, origin } = site;
  return defineProvider({ manifest, origin, settings: OWN_SETTINGS }, (parts) => createMethods(site, parts));
}

function createMethods(
  site: AiPowerSite,
  { card, http, settings }: HttpProviderParts<AiPowerSettings>,
): ProviderMethods {
  const pagePath = settings.pagePath ?? site.pagePath ?? "/";
  const session = openSession(http, pagePath, settings.pageMaxAgeMs ?? HALF_A_DAY_MS);
  const { botId, postId } = settings;
  const bots = new Map(Object.entries(settings.bots ?? {}));
  const guest = { clientId: randomBytes(5).toString("hex"), sessionId: randomUUID() };

  async function* stream(request: ChatRequest): AsyncGenerator<StreamPart> {
    yield* wishWarnings(card, request, { options: OPTION_NAMES });
    const { messages, signal } = request;
    const options = parseOptions(card.id, request);
    const prompts = formatHistory(messages, options.history);
    const found = findModel(card, request.model);
    const model = found?.id ?? request.model ?? "";
    // of a name that never goes on the wire the guard has told
    const defaultModel = model === (card.models[0]?.id ?? "") || found?.selectable === false;
    const told = new Set<string>();

    async function* ask(chatSite: ChatSite): TurnParts {
      const { generation } = chatSite;
      const { bot, warning } = chooseBot(chatSite, {
        model,
        defaultModel,
        botId: options.botId ?? (bots.get(model) ?? botId)?.toString(),
        siteBotId: site.bots?.[model]?.toString(),
        ownSite: http.origin === site.origin,
        postId: options.postId ?? postId?.toString(),
        fallbackPostId: site.postId?.toString(),
      });
      const prompt = prompts[generation];
      for (const message of [...prompt.warnings, ...(warning === undefined ? [] : [warning])]) {
        if (!told.has(message)) yield { type: "warning", code: "adjusted", message };
        told.add(message);
      }
      if (bot === undefined) {
        return { code: "protocol", message: "chat page shows no bot, expected one or the setting `botId`" };
      }
      const turn = { http, site: chatSite, bot, prompt, ...guest, signal };
      return yield* generation === "aipkit" ? aipkitTurn(turn) : classicTurn(turn);
    }

    const chatSite = await session.site(signal);
    let failure = yield* ask(chatSite);
    if (failure?.remedy === "page") failure = yield* ask(await session.renew(chatSite, signal));
    if (failure !== undefined) throw failureError(http, failure);
  }

  return { stream, close: () => Promise.resolve(session.forget()) };
}
