import { escapeLineEnds } from "../line-ends.ts";

/** How events stand on the wire. */
export interface EventForm {
  /** What stands before the JSON of an event of a type. */
  open(type: string): string;
  /** JSON text as it stands in an event. */
  escape(json: string): string;
  /** What stands behind the JSON of an event. */
  readonly close: string;
  /** What stands behind the last event. */
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
