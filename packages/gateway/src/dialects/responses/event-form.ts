import { escapeLineEnds } from "../line-ends.ts";

/** How events are written on the wire. */
export interface EventForm {
  /** The text before the JSON of an event of a type. */
  open(type: string): string;
  /** JSON text as an event holds it. */
  escape(json: string): string;
  /** The text behind the JSON of an event. */
  readonly close: string;
  /** The text behind the last event. */
  readonly end: string;
}

/** Events as server-sent events. */
export const SENT_EVENTS: EventForm = {
  open: (type) => `event: ${type}\ndata: `,
  escape: escapeLineEnds,
  close: "\n\n",
  end: "data: [DONE]\n\n",
};

/** Events as lines, one for each message of a WebSocket. */
export const LINES: EventForm = { open: () => "", escape: (json) => json, close: "\n", end: "" };
