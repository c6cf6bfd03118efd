import type { ChatProvider, ProviderSettings } from "@fallthrough/core";

/** How one protocol writes the answers that the rows of the matrix break. */
export interface Protocol {
  /** As the page names it. */
  readonly name: string;
  /** A provider that speaks it, with one model. */
  provider(id: string, origin: string, settings?: ProviderSettings): ChatProvider;
  /** Events that begin an answer and hold nothing to read. */
  readonly preamble: string;
  /** One event with this text, behind the preamble. */
  text(delta: string): string;
  /** Events with this thought, behind the preamble. */
  thought(text: string): string;
  /** Events with the start of a call of the tool "add"; `undefined` where a call comes whole. */
  cutCall(piece: string): string | undefined;
  /** Events that end an answer, for one of these reasons; `model` is the one that has answered. */
  end(reason: "stop" | "length" | "filter", model?: string): string;
  /** An event that tells of a failure of the server, or of a limit. */
  error(kind: "overloaded" | "limit"): string;
  /** Events that say nothing, of later versions and of counts. */
  readonly nothing: readonly string[];
  /** An answer as one JSON value. */
  whole(text: string): unknown;
  /** Whether an event ends the answer; if not, the end of the body does. */
  readonly hasMarker: boolean;
}

/** One event, with its name where the protocol has names. */
export function eventOf(fields: unknown, name?: string): string {
  const head = name === undefined ? "" : `event: ${name}\n`;
  return `${head}data: ${JSON.stringify(fields)}\n\n`;
}
