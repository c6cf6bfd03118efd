import { randomBytes } from "node:crypto";
import { type AnswerTo, createAnswers } from "./answer.ts";
import { type AnthropicSiteOptions, createAnthropicSite } from "./sites/anthropic.ts";
import { createGeminiSite, type GeminiSiteOptions } from "./sites/gemini.ts";
import { startUpstream, type Upstream } from "./upstream.ts";

/** How the stand-ins are set up. */
export interface ServicesOptions {
  /** Milliseconds between two pieces of a `slow` answer. @default 20 */
  readonly pieceMs?: number | undefined;
  /** Of the stand-in for Anthropic. */
  readonly anthropic?: AnthropicSiteOptions | undefined;
  /** Of the stand-in for Gemini. */
  readonly gemini?: GeminiSiteOptions | undefined;
}

/** The stand-ins of one run. */
export interface Services {
  /** Speaks the Messages API. */
  readonly anthropic: Upstream;
  /** Speaks `generateContent`. */
  readonly gemini: Upstream;
  /** The answer that every stand-in gives to this question in this run. */
  answerTo(question: string): string;
  /** Stops all of them. */
  close(): Promise<void>;
}

/** Starts stand-ins for services with a protocol of their own, each on its own loopback origin. */
export async function startServices(options: ServicesOptions = {}): Promise<Services> {
  const { pieceMs = 20 } = options;
  const answerTo: AnswerTo = createAnswers(randomBytes(4).toString("hex"));
  const [anthropic, gemini] = await Promise.all([
    startUpstream(createAnthropicSite(answerTo, options.anthropic), pieceMs),
    startUpstream(createGeminiSite(answerTo, options.gemini), pieceMs),
  ]);
  return {
    anthropic,
    gemini,
    answerTo: (question) => answerTo(question),
    close: async () => {
      await Promise.all([anthropic, gemini].map((upstream) => upstream.close()));
    },
  };
}
