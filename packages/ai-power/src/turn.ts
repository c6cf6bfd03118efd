import type { StreamPart } from "@fallthrough/core";
import type { HttpClient } from "@fallthrough/core/provider";
import type { Bot } from "./choose-bot.ts";
import type { Failure } from "./failure.ts";
import type { Prompt } from "./prompt.ts";
import type { ChatSite } from "./session.ts";

/** One question to one bot of a site. */
export interface Turn {
  readonly http: HttpClient;
  readonly site: ChatSite;
  readonly bot: Bot;
  readonly prompt: Prompt;
  /** Ten characters by which the site knows this instance: the key of a guest's allowance. */
  readonly clientId: string;
  /** An UUID of the same use. */
  readonly sessionId: string;
  readonly signal: AbortSignal | undefined;
}

/** The parts of an answer; it ends with the failure that the site told, if it did. */
export type TurnParts = AsyncGenerator<StreamPart, Failure | undefined>;
