import { randomBytes } from "node:crypto";
import { createAnswers } from "./answer.ts";
import { type ChatgptfreeSiteOptions, createChatgptfreeSite } from "./sites/chatgptfree.ts";
import { type ChatgpttSiteOptions, createChatgpttSite } from "./sites/chatgptt.ts";
import { createFakegptSite } from "./sites/fakegpt.ts";
import { createOpenaiSite, type OpenaiSiteOptions } from "./sites/openai.ts";
import { createPizzagptSite, type PizzagptSiteOptions } from "./sites/pizzagpt.ts";
import { startUpstream, type Upstream } from "./upstream.ts";

/** How the stand-ins are set up. */
export interface UpstreamsOptions {
  /** Milliseconds between two pieces of a `slow` answer. @default 20 */
  readonly pieceMs?: number | undefined;
  readonly pizzagpt?: PizzagptSiteOptions | undefined;
  readonly chatgptt?: ChatgpttSiteOptions | undefined;
  readonly chatgptfree?: ChatgptfreeSiteOptions | undefined;
  readonly openai?: OpenaiSiteOptions | undefined;
}

/** The stand-ins of one run. */
export interface Upstreams {
  readonly pizzagpt: Upstream;
  readonly chatgptt: Upstream;
  readonly chatgptfree: Upstream;
  readonly fakegpt: Upstream;
  readonly openai: Upstream;
  /** The settings of the four sites by provider id, ready for a factory or for discovery. */
  readonly settings: Readonly<
    Record<"pizzagpt" | "chatgptt" | "chatgptfree" | "fakegpt", { readonly baseURL: string }>
  >;
  /**
   * The answer that every stand-in gives to this question in this run.
   *
   * A prompt that was flattened counts as its last user text. Where one site has several models, all but its
   * default name themselves: give the model as `speaker`.
   */
  answerTo(question: string, speaker?: string): string;
  close(): Promise<void>;
}

/** Starts stand-ins for the four sites and an OpenAI-compatible server, each on its own loopback origin. */
export async function startUpstreams(options: UpstreamsOptions = {}): Promise<Upstreams> {
  const { pieceMs = 20 } = options;
  const answerTo = createAnswers(randomBytes(4).toString("hex"));
  const [pizzagpt, chatgptt, chatgptfree, fakegpt, openai] = await Promise.all([
    startUpstream(createPizzagptSite(answerTo, options.pizzagpt), pieceMs),
    startUpstream(createChatgpttSite(answerTo, options.chatgptt), pieceMs),
    startUpstream(createChatgptfreeSite(answerTo, options.chatgptfree), pieceMs),
    startUpstream(createFakegptSite(answerTo), pieceMs),
    startUpstream(createOpenaiSite(answerTo, options.openai), pieceMs),
  ]);
  const settingsOf = ({ baseURL }: Upstream): { readonly baseURL: string } => ({ baseURL });
  return {
    pizzagpt,
    chatgptt,
    chatgptfree,
    fakegpt,
    openai,
    settings: {
      pizzagpt: settingsOf(pizzagpt),
      chatgptt: settingsOf(chatgptt),
      chatgptfree: settingsOf(chatgptfree),
      fakegpt: settingsOf(fakegpt),
    },
    answerTo,
    close: async () => {
      await Promise.all(
        [pizzagpt, chatgptt, chatgptfree, fakegpt, openai].map((upstream) => upstream.close()),
      );
    },
  };
}
