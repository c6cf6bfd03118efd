import type { ChatSite } from "./session.ts";

/** The bot that is asked, and its post. */
export interface Bot {
  readonly id: string;
  readonly postId: string;
  readonly popup: boolean;
  readonly streams?: boolean | undefined;
}

/** What the choice depends on beside the page. */
export interface BotWishes {
  readonly model: string;
  /** Whether the model is the card's first, which is also what an omitted one means. */
  readonly defaultModel: boolean;
  /** Asked for by id, in the call or in the settings. */
  readonly botId?: string | undefined;
  /** The bot that the model is on the provider's own site. */
  readonly siteBotId?: string | undefined;
  /** Whether this is that site, and not a server of one's own. */
  readonly ownSite: boolean;
  /** Asked for, in the call or in the settings. */
  readonly postId?: string | undefined;
  /** The post where the page names none. */
  readonly fallbackPostId?: string | undefined;
}

/** The bot to ask, none where neither wish nor page names one, and what the caller should know about it. */
export interface BotChoice {
  readonly bot?: Bot | undefined;
  readonly warning?: string | undefined;
}

/** Every classic site has this bot. */
const CLASSIC_BOT = "0";

/**
 * Chooses the bot of a site.
 *
 * One that is asked for by id is asked, on the page or not, and on the provider's own site so is the model's. A
 * server of one's own has other bots: there the default model is the first that the page shows, while any other model
 * is asked for by its id, so that a site without it says so. Where the model means no bot, the page's is asked.
 */
export function chooseBot({ generation, bots }: ChatSite, wishes: BotWishes): BotChoice {
  const { model, defaultModel, botId, siteBotId, ownSite } = wishes;
  const [first] = bots;
  const named = botId ?? (generation === "aipkit" ? siteBotId : undefined);
  const shown = bots.find(({ id }) => id === named);
  const postId = wishes.postId ?? (shown ?? first)?.postId ?? wishes.fallbackPostId ?? "0";
  if (shown !== undefined) return { bot: { ...shown, postId } };

  const strict = botId !== undefined || ownSite || !defaultModel || first === undefined;
  if (named !== undefined && strict) return { bot: { id: named, postId, popup: false } };

  const bot = first ?? (generation === "classic" ? { id: CLASSIC_BOT, popup: false } : undefined);
  if (bot === undefined) return {};
  return { bot: { ...bot, postId }, warning: warningFor(bot.id) };

  function warningFor(id: string): string | undefined {
    if (named !== undefined)
      return `the page has no bot ${named}, so its bot ${id} was asked, expected \`botId\``;
    return defaultModel ? undefined : `this site has no bot for model ${model}, so its bot ${id} was asked`;
  }
}
