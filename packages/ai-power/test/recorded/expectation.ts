import type { ChatErrorCode, FinishReason } from "@fallthrough/core";
import type { ChatPage, PageBot } from "../../src/page.ts";

/** The answer that the recordings' upstream gives, and what comes of it when it is cut. */
export const HELLO = "Hello from the fake upstream.";
export const CUT = "Hello from the";
export const UNICODE = 'Привет, "мир" 👋\nline\ttwo <b>&amp;</b> \\ end';
export const MIDLINE = "Привет 👋 мир";

/** The step of a turn that a recording shows. */
export type Step = "classic" | "cache" | "stream" | "json" | "nonce";

/** What comes of one recording. */
export type Expectation =
  | { readonly type: "page"; readonly page: Pick<ChatPage, "generation" | "bots"> }
  | { readonly type: "no-turn"; readonly reason: string }
  | TurnExpectation;

/** What comes of the turn that a recording is a step of; `pair` is the recording of the other step. */
export interface TurnExpectation {
  readonly type: "turn";
  readonly step: Step;
  readonly text?: string | undefined;
  readonly code?: ChatErrorCode | undefined;
  readonly finishReason?: FinishReason | undefined;
  readonly partial?: string | undefined;
  readonly pair?: string | undefined;
}

type Details = Pick<TurnExpectation, "finishReason" | "partial" | "pair">;

export const answered = (step: Step, text: string, details: Details = {}): Expectation => ({
  type: "turn",
  step,
  text,
  finishReason: "stop",
  ...details,
});

export const failed = (step: Step, code: ChatErrorCode, details: Details = {}): Expectation => ({
  type: "turn",
  step,
  code,
  ...details,
});

export const noTurn = (reason: string): Expectation => ({ type: "no-turn", reason });

export const classicPage = (bots: readonly PageBot[]): Expectation => ({
  type: "page",
  page: { generation: "classic", bots },
});

export const aipkitPage = (bots: readonly PageBot[]): Expectation => ({
  type: "page",
  page: { generation: "aipkit", bots },
});

export const noChatPage = (): Expectation => ({ type: "page", page: { generation: undefined, bots: [] } });
