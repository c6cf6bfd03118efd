import { randomBytes } from "node:crypto";
import { type AnswerTo, createAnswers } from "./answer.ts";
import { type AnthropicSiteOptions, createAnthropicSite } from "./sites/anthropic.ts";
import { createGeminiSite, type GeminiSiteOptions } from "./sites/gemini.ts";
import { createOpenaiSite, type OpenaiSiteOptions } from "./sites/openai.ts";
import { startUpstream, type Upstream } from "./upstream.ts";

/** How the stand-ins are set up. */
export interface ServicesOptions {
  /** Milliseconds between two pieces of a `slow` answer. @default 20 */
  readonly pieceMs?: number | undefined;
  /** Of the stand-in for Anthropic. */
  readonly anthropic?: AnthropicSiteOptions | undefined;
  /** Of the stand-in for Gemini. */
  readonly gemini?: GeminiSiteOptions | undefined;
  /** Of the stand-in for OpenAI; its models are "gpt-5-mini", "gpt-4o-mini" and, in Responses alone, "o3-pro". */
  readonly openai?: OpenaiSiteOptions | undefined;
}

/** The stand-ins of one run. */
export interface Services {
  /** Speaks the Messages API. */
  readonly anthropic: Upstream;
  /** Speaks `generateContent`. */
  readonly gemini: Upstream;
  /** Speaks chat completions and Responses. */
  readonly openai: Upstream;
  /** The answer that every stand-in gives to this question in this run. */
  answerTo(question: string): string;
  /** Stops all of them. */
  close(): Promise<void>;
}

const OPENAI_MODELS = ["gpt-5-mini", "gpt-4o-mini", "o3-pro"];

/** Starts stand-ins for services with a protocol of their own, each on its own loopback origin. */
export async function startServices(options: ServicesOptions = {}): Promise<Services> {
  const { pieceMs = 20, openai: openaiOptions } = options;
  const answerTo: AnswerTo = createAnswers(randomBytes(4).toString("hex"));
  const [anthropic, gemini, openai] = await Promise.all([
    startUpstream(createAnthropicSite(answerTo, options.anthropic), pieceMs),
    startUpstream(createGeminiSite(answerTo, options.gemini), pieceMs),
    startUpstream(createOpenaiSite(answerTo, { models: OPENAI_MODELS, ...openaiOptions }), pieceMs),
  ]);
  return {
    anthropic,
    gemini,
    openai,
    answerTo: (question) => answerTo(question),
    close: async () => {
      await Promise.all([anthropic, gemini, openai].map((upstream) => upstream.close()));
    },
  };
}
