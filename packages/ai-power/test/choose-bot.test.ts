import { expect, test } from "vitest";
import { type BotWishes, chooseBot } from "../src/choose-bot.ts";
import type { PageBot } from "../src/page.ts";

const INLINE: PageBot = { id: "8", postId: "3", popup: false, streams: false };
const POPUP: PageBot = { id: "11", postId: "4", popup: true, streams: true };
const WISHES: BotWishes = { model: "mini", defaultModel: true, ownSite: false };

const choose = (
  generation: "classic" | "aipkit",
  bots: readonly PageBot[],
  wishes: Partial<BotWishes> = {},
) => chooseBot({ generation, nonce: "c700006fbf", ajaxURL: "", bots }, { ...WISHES, ...wishes });

test.each(["classic", "aipkit"] as const)(
  "without a wish the first bot of a %s page is asked",
  (generation) => {
    expect(choose(generation, [INLINE, POPUP])).toEqual({ bot: INLINE, warning: undefined });
  },
);

test("a bot that is asked for by id is asked as the page shows it", () => {
  expect(choose("aipkit", [INLINE, POPUP], { botId: "11", siteBotId: "25865" })).toEqual({ bot: POPUP });
});

test("a bot that is asked for by id is asked though no page shows it", () => {
  expect(choose("aipkit", [INLINE], { botId: "5" }).bot).toEqual({ id: "5", postId: "3", popup: false });
});

test("on the provider's own site the model's bot is asked, on the page or not", () => {
  expect(choose("aipkit", [INLINE], { siteBotId: "25865", ownSite: true }).bot?.id).toBe("25865");
});

test("on a server of one's own the default model is the page's bot, with a warning", () => {
  const { bot, warning } = choose("aipkit", [INLINE], { siteBotId: "25865" });

  expect(bot).toEqual(INLINE);
  expect(warning).toContain("no bot 25865");
});

test("on a server of one's own another model is asked for by its own bot, so that the server decides", () => {
  const { bot, warning } = choose("aipkit", [INLINE], { siteBotId: "25875", defaultModel: false });

  expect([bot?.id, warning]).toEqual(["25875", undefined]);
});

test("a model without a bot is the page's bot, with a warning", () => {
  const { bot, warning } = choose("classic", [INLINE], {
    model: "claude",
    siteBotId: "25875",
    defaultModel: false,
  });

  expect(bot).toEqual(INLINE);
  expect(warning).toContain("claude");
});

test("a classic site without a chat on its page has the default bot", () => {
  expect(choose("classic", [], { fallbackPostId: "22" }).bot).toEqual({
    id: "0",
    postId: "22",
    popup: false,
  });
});

test("an AIPKit site without a chat on its page has only the bots that are known by id", () => {
  expect(choose("aipkit", [])).toEqual({});
  expect(choose("aipkit", [], { siteBotId: "25865" }).bot?.id).toBe("25865");
});

test("the post that is asked for goes before the page's", () => {
  expect(choose("classic", [INLINE], { postId: "7" }).bot?.postId).toBe("7");
});
