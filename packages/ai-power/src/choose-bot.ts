import type { ChatSite } from "./session.ts";

/** The bot that is asked, and the page it stands on. */
export interface Bot {
  readonly id: string;
  readonly postId: string;
  readonly popup: boolean;
  readonly streams?: boolean | undefined;
  /** What the caller should know about the choice. */
  readonly warning?: string | undefined;
}

/** What the choice depends on beside the page. */
export interface BotWishes {
  /** Asked for by name: by the call, or by the settings of the instance. */
  readonly botId?: string | undefined;
  readonly postId?: string | undefined;
  /** The bot that the asked model is on the default site. */
  readonly modelBotId?: string | undefined;
  /** Whether the model is the card's first, which is also what an omitted one means. */
  readonly defaultModel: boolean;
  /** Whether this is the site that the card speaks of, and not a server of one's own. */
  readonly ownSite: boolean;
  /** What to say where the page shows no bot. */
  readonly fallback: { readonly botId?: string | undefined; readonly postId?: string | undefined };
}

/**
 * The bot of this site to ask, `undefined` where neither wish nor page names one.
 *
 * A bot asked for by id is asked, on the page or not. On the card's own site the model is a bot id. A server of
 * one's own has other bots: there the default model is the first that the page shows, while any other model is asked
 * for by its bot id, so that a site without it says so.
 */
export function chooseBot({ generation, bots }: ChatSite, wishes: BotWishes): Bot | undefined {
  const { botId, postId, modelBotId, defaultModel, ownSite, fallback } = wishes;
  const [first] = bots;
  const named = botId ?? (generation === "aipkit" ? modelBotId : undefined);
  const shown = bots.find(({ id }) => id === named);
  const page = shown ?? first;
  const post = postId ?? page?.postId ?? fallback.postId ?? "0";
  if (shown !== undefined) return { ...shown, postId: post };

  if (named !== undefined && (botId !== undefined || ownSite || !defaultModel || first === undefined)) {
    return { id: named, postId: post, popup: false };
  }
  if (first === undefined) {
    const id = fallback.botId;
    return id === undefined || (generation === "aipkit" && id === "0")
      ? undefined
      : { id, postId: post, popup: false };
  }
  const warning =
    named === undefined
      ? undefined
      : `the page has no bot ${named}, so its own bot ${first.id} was asked; set \`botId\` to choose`;
  return { ...first, postId: post, warning };
}
