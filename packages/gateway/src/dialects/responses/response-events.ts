import type { EventForm } from "./event-form.ts";

/** The text around the number and the text of a delta; it is rendered once for all deltas of an item. */
export interface DeltaFrame {
  /** The text before the number. */
  readonly before: string;
  /** The text between the number and the text of the delta. */
  readonly between: string;
}

/** Writes the events of one response, each with the next number; every text is blank where none are written. */
export interface ResponseEvents {
  /** The text behind the last event. */
  readonly end: string;
  /** An event with these fields. */
  tell(type: string, fields: object): string;
  /** An event whose fields are JSON text already. */
  tellJson(type: string, json: string): string;
  /** The frame of the deltas of an item. */
  frameOf(type: string, fields: object): DeltaFrame;
  /** A delta in its frame. */
  tellDelta(frame: DeltaFrame, delta: string): string;
}

const NO_FRAME: DeltaFrame = { before: "", between: "" };
/** The events of a response that is sent whole. */
const NO_EVENTS: ResponseEvents = {
  end: "",
  tell: () => "",
  tellJson: () => "",
  frameOf: () => NO_FRAME,
  tellDelta: () => "",
};

/** The events of a response that has not begun; without a form none are written. */
export function createResponseEvents(form: EventForm | undefined): ResponseEvents {
  if (form === undefined) return NO_EVENTS;
  let sequence = 0;

  function tellJson(type: string, json: string): string {
    return `${form?.open(type)}{"type":"${type}","sequence_number":${sequence++},${form?.escape(json)}${form?.close}`;
  }

  return {
    end: form.end,
    tell: (type, fields) => tellJson(type, JSON.stringify(fields).slice(1)),
    tellJson,

    frameOf: (type, fields) => ({
      before: `${form.open(type)}{"type":"${type}","sequence_number":`,
      between: `,${JSON.stringify(fields).slice(1, -1)},"delta":`,
    }),

    tellDelta: ({ before, between }, delta) =>
      `${before}${sequence++}${between}${form.escape(JSON.stringify(delta))}}${form.close}`,
  };
}
