import { randomBytes } from "node:crypto";
import { type AnswerTo, createAnswers } from "./answer.ts";
import { type AnthropicSiteOptions, createAnthropicSite } from "./sites/anthropic.ts";
import { startUpstream, type Upstream } from "./upstream.ts";

/** How the stand-ins are set up. */
export interface ServicesOptions {
  /** Milliseconds between two pieces of a `slow` answer. @default 20 */
  readonly pieceMs?: number | undefined;
  readonly anthropic?: AnthropicSiteOptions | undefined;
}

/** The stand-ins of one run. */
export interface Services {
  readonly anthropic: Upstream;
  /** The answer that every stand-in gives to this question in this run. */
  answerTo(question: string): string;
  close(): Promise<void>;
}

/** Starts stand-ins for services with a protocol of their own, each on its own loopback origin. */
export async function startServices(options: ServicesOptions = {}): Promise<Services> {
  const { pieceMs = 20 } = options;
  const answerTo: AnswerTo = createAnswers(randomBytes(4).toString("hex"));
  const anthropic = await startUpstream(createAnthropicSite(answerTo, options.anthropic), pieceMs);
  return {
    anthropic,
    answerTo: (question) => answerTo(question),
    close: async () => {
      await Promise.all([anthropic].map((upstream) => upstream.close()));
    },
  };
}
