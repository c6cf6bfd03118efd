import type { ProviderData } from "@fallthrough/core";
import { createId, type Item } from "./items.ts";
import type { DeltaFrame, ResponseEvents } from "./response-events.ts";
import { formatSealedData, type SealedData } from "./sealed-data.ts";

/** Writes the thoughts of a response, and what its provider wrote that is not for people. */
export interface ReasoningItems {
  /** Whether a thought is open. */
  readonly isOpen: boolean;
  /** Adds to the text of the open thought; opens one where none is. */
  write(delta: string): string;
  /** Closes the open thought, with the first of what is sealed in it. */
  end(sealed?: string): string;
  /** Tells what a provider wrote of a thought, and closes the thought. */
  seal(data: ProviderData): string;
  /** Tells what a provider wrote of something else, in items of its own. */
  sealApart(data: ProviderData | undefined, place: (own: SealedData["thought"]) => SealedData): string;
}

interface OpenThought extends DeltaFrame {
  readonly item: { encrypted_content?: string };
  readonly place: { readonly item_id: string; readonly output_index: number; readonly summary_index: 0 };
  readonly part: { readonly type: "summary_text"; text: string };
}

/** The thoughts of a response; they are added to its items. */
export function createReasoningItems(
  output: Item[],
  { tell, tellDelta, frameOf }: ResponseEvents,
): ReasoningItems {
  let open: OpenThought | undefined;

  function begin(): string {
    const part = { type: "summary_text" as const, text: "" };
    const item: OpenThought["item"] & Item = { type: "reasoning", id: createId("rs"), summary: [part] };
    const output_index = output.push(item) - 1;
    const place = { item_id: `${item["id"]}`, output_index, summary_index: 0 as const };
    open = { item, place, part, ...frameOf("response.reasoning_summary_text.delta", place) };
    return (
      tell("response.output_item.added", { output_index, item: { ...item, summary: [] } }) +
      tell("response.reasoning_summary_part.added", { ...place, part })
    );
  }

  function end(sealed?: string): string {
    if (open === undefined) return "";
    const { item, place, part } = open;
    open = undefined;
    if (sealed !== undefined) item.encrypted_content = sealed;
    return (
      tell("response.reasoning_summary_text.done", { ...place, text: part.text }) +
      tell("response.reasoning_summary_part.done", { ...place, part }) +
      tell("response.output_item.done", { output_index: place.output_index, item })
    );
  }

  /** An item that holds nothing for people. */
  function tellSealed(encrypted_content: string): string {
    const item = { type: "reasoning", id: createId("rs"), summary: [], encrypted_content };
    const output_index = output.push(item) - 1;
    return (
      tell("response.output_item.added", { output_index, item }) +
      tell("response.output_item.done", { output_index, item })
    );
  }

  return {
    get isOpen() {
      return open !== undefined;
    },

    write(delta) {
      const begun = open === undefined ? begin() : "";
      const thought = open as unknown as OpenThought;
      thought.part.text += delta;
      return begun + tellDelta(thought, delta);
    },

    end,

    seal(data) {
      const texts = formatSealedData(data, (own) => ({ thought: own }));
      const [first, ...others] = texts;
      if (open === undefined) return texts.map(tellSealed).join("");
      return end(first) + others.map(tellSealed).join("");
    },

    sealApart: (data, place) => formatSealedData(data, place).map(tellSealed).join(""),
  };
}
