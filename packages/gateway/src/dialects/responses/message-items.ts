import type { Source } from "@fallthrough/core";
import { createId, type Item, type ItemStatus } from "./items.ts";
import type { DeltaFrame, ResponseEvents } from "./response-events.ts";

/** Writes the messages of a response, one after the other. */
export interface MessageItems {
  /** Adds to the text of the open message; opens one where none is. */
  write(delta: string): string;
  /** Tells a source at what is there of the text, or keeps it until there is some. */
  cite(source: Source): string;
  /** Tells the sources that came while no message was open, in a message of their own where it must be. */
  citeRest(): string;
  /** Tells a message that holds nothing but the refusal of the model. */
  refuse(refusal: string): string;
  /** Closes the open message. */
  end(status: ItemStatus): string;
  /** Marks the open message as cut, without an event. */
  cut(): void;
}

interface TextContent {
  readonly type: "output_text";
  text: string;
  readonly annotations: object[];
  readonly logprobs: readonly never[];
}

interface OpenMessage extends DeltaFrame {
  readonly item: { status: ItemStatus };
  readonly place: { readonly item_id: string; readonly output_index: number; readonly content_index: 0 };
  readonly content: TextContent;
}

/** The messages of a response; they are added to its items. */
export function createMessageItems(
  output: Item[],
  { tell, tellDelta, frameOf }: ResponseEvents,
): MessageItems {
  let open: OpenMessage | undefined;
  /** Sources that came while no message was open. */
  let sources: Source[] = [];

  function begin(): string {
    const content: TextContent = { type: "output_text", text: "", annotations: [], logprobs: [] };
    const item = {
      type: "message",
      id: createId("msg"),
      status: "in_progress" as ItemStatus,
      role: "assistant",
      content: [content],
    };
    const output_index = output.push(item) - 1;
    const place = { item_id: item.id, output_index, content_index: 0 as const };
    open = { item, place, content, ...frameOf("response.output_text.delta", { ...place, logprobs: [] }) };
    return (
      tell("response.output_item.added", { output_index, item: { ...item, content: [] } }) +
      tell("response.content_part.added", { ...place, part: content }) +
      tellSources(open)
    );
  }

  /** A page has no place in the text, so its citation covers the text so far. */
  function tellSources({ place, content }: OpenMessage): string {
    let told = "";
    for (const { url, title } of sources) {
      const { length } = content.text;
      const span = { start_index: length, end_index: length };
      const annotation = { type: "url_citation", url, title: title ?? url, ...span };
      const annotation_index = content.annotations.push(annotation) - 1;
      told += tell("response.output_text.annotation.added", { ...place, annotation_index, annotation });
    }
    sources = [];
    return told;
  }

  return {
    write(delta) {
      const begun = open === undefined ? begin() : "";
      const message = open as unknown as OpenMessage;
      message.content.text += delta;
      return begun + tellDelta(message, delta);
    },

    cite(source) {
      sources.push(source);
      return open === undefined ? "" : tellSources(open);
    },

    citeRest: () => (sources.length > 0 && open === undefined ? begin() : ""),

    refuse(refusal) {
      const part = { type: "refusal", refusal };
      const id = createId("msg");
      const item = { type: "message", id, status: "completed", role: "assistant", content: [part] };
      const output_index = output.push(item) - 1;
      const place = { item_id: id, output_index, content_index: 0 };
      const begun = { ...item, status: "in_progress", content: [] };
      return (
        tell("response.output_item.added", { output_index, item: begun }) +
        tell("response.content_part.added", { ...place, part: { ...part, refusal: "" } }) +
        tell("response.refusal.delta", { ...place, delta: refusal }) +
        tell("response.refusal.done", { ...place, refusal }) +
        tell("response.content_part.done", { ...place, part }) +
        tell("response.output_item.done", { output_index, item })
      );
    },

    end(status) {
      if (open === undefined) return "";
      const { item, place, content } = open;
      open = undefined;
      item.status = status;
      return (
        tell("response.output_text.done", { ...place, text: content.text, logprobs: [] }) +
        tell("response.content_part.done", { ...place, part: content }) +
        tell("response.output_item.done", { output_index: place.output_index, item })
      );
    },

    cut() {
      if (open !== undefined) open.item.status = "incomplete";
    },
  };
}
