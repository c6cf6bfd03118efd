import type { ChatProvider, ProviderSettings } from "@fallthrough/core";
import { createChatgptfree } from "@fallthrough/provider-chatgptfree";
import { createChatgptt } from "@fallthrough/provider-chatgptt";
import { createFakegpt } from "@fallthrough/provider-fakegpt";
import { createOpenAI } from "@fallthrough/provider-openai";
import { createPizzagpt } from "@fallthrough/provider-pizzagpt";
import type { AnswerTo } from "../../testkit/src/answer.ts";
import type { Reply } from "../../testkit/src/reply.ts";
import type { ReceivedRequest } from "../../testkit/src/request-reader.ts";
import type { Site } from "../../testkit/src/site.ts";
import { createChatgptfreeSite } from "../../testkit/src/sites/chatgptfree.ts";
import { createChatgpttSite } from "../../testkit/src/sites/chatgptt.ts";
import { createFakegptSite } from "../../testkit/src/sites/fakegpt.ts";
import { createOpenaiSite } from "../../testkit/src/sites/openai.ts";
import { createPizzagptSite } from "../../testkit/src/sites/pizzagpt.ts";
import { type BodyFormat, eventsOf, isLastWhole, jsonOf } from "./bodies.ts";

/** A site with the provider that asks it. */
export interface PlayedSite extends Pick<BodyFormat, "hasMarker" | "longest" | "read"> {
  /** The stand-in of the site, which gives these answers. */
  createSite(answerTo: AnswerTo): Site;
  /** The provider, for this base URL. */
  createProvider(settings: ProviderSettings): ChatProvider;
}

/** The name of a site. */
export type SiteName = "pizzagpt" | "chatgptt" | "chatgptfree" | "fakegpt" | "openai";

interface CompletionEvent {
  readonly choices?: readonly {
    readonly delta?: { readonly content?: string };
    readonly finish_reason?: string | null;
  }[];
}

interface ConversationEvent {
  readonly message?: {
    readonly author: { readonly role: string };
    readonly content: { readonly parts: readonly string[] };
    readonly status: string;
    readonly end_turn: boolean | null;
  };
}

const KiB = 1024;

/** The four sites, and a server of chat completions. */
export const SITES: Readonly<Record<SiteName, PlayedSite>> = {
  pizzagpt: {
    createSite: createPizzagptSite,
    createProvider: createPizzagpt,
    hasMarker: false,
    longest: 1024 * KiB,
    read(body, isEnded, isReset) {
      const json = isEnded || isReset ? jsonOf<{ readonly content: string }>(String(body)) : undefined;
      return { text: json?.content ?? "", isWhole: json !== undefined };
    },
  },
  chatgptt: {
    createSite: createChatgpttSite,
    createProvider: createChatgptt,
    hasMarker: true,
    longest: 1024 * KiB,
    read: readCompletion,
  },
  chatgptfree: {
    createSite: createChatgptfreeSite,
    createProvider: createChatgptfree,
    hasMarker: true,
    longest: 1024 * KiB,
    read(body, isEnded) {
      const events = eventsOf(body, isEnded).map((data) =>
        jsonOf<{ delta?: string; finished?: boolean }>(data),
      );
      return {
        text: events.map((event) => event?.delta ?? "").join(""),
        isWhole: events.some((event) => event?.finished),
      };
    },
  },
  fakegpt: {
    createSite: createFakegptSite,
    createProvider: createFakegpt,
    hasMarker: true,
    longest: 256 * KiB,
    read(body, isEnded) {
      const events = eventsOf(body, isEnded);
      const messages = events.flatMap((data) => jsonOf<ConversationEvent>(data)?.message ?? []);
      const { content, status, end_turn } =
        messages.findLast(({ author }) => author.role === "assistant") ?? {};
      const isFinished = status === "finished_successfully" && end_turn === true;
      // half of a surrogate pair is held back until the other half comes
      return {
        text: (content?.parts[0] ?? "").replace(/[\ud800-\udbff]$/, ""),
        isWhole: isFinished && (events.includes("[DONE]") || (isEnded && isLastWhole(events))),
      };
    },
  },
  openai: {
    createSite: createOpenaiSite,
    createProvider: ({ baseURL, ...settings }) => createOpenAI({ ...settings, baseURL: `${baseURL}/v1` }),
    hasMarker: true,
    longest: 1024 * KiB,
    read: readCompletion,
  },
};

/** What a site answers to a request. */
export async function askSite(site: Site, request: ReceivedRequest, origin: string): Promise<Reply> {
  const url = new URL(request.path, origin);
  return site.answer({ ...request, url, origin, aborted: false, behaviour: "ok", once: () => false });
}

/** A stream of chat completions. */
function readCompletion(body: Buffer, isEnded: boolean): ReturnType<BodyFormat["read"]> {
  const events = eventsOf(body, isEnded);
  const choices = events.flatMap((data) => jsonOf<CompletionEvent>(data)?.choices ?? []);
  const isFinished = choices.some(({ finish_reason: reason }) => reason != null);
  return {
    text: choices.map(({ delta }) => delta?.content ?? "").join(""),
    isWhole: events.includes("[DONE]") || (isFinished && isEnded && isLastWhole(events)),
  };
}
