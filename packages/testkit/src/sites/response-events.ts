type Fields = Record<string, unknown>;

/** The events of one streamed response, each with its number. */
export interface ResponseEvents {
  /** All that were added, in order. */
  readonly list: readonly Fields[];
  /** Adds one event. */
  add(type: string, fields: Fields): void;
  /** Adds those that tell of one item of the output, its texts in the pieces that `split` makes. */
  addItem(item: Fields, split: (text: string) => readonly string[]): void;
}

/** The events of a response of which none were told. */
export function createResponseEvents(): ResponseEvents {
  const list: Fields[] = [];
  let items = 0;

  function add(type: string, fields: Fields): void {
    list.push({ type, sequence_number: list.length, ...fields });
  }

  function addMessage({ content }: Fields, place: Fields, split: (text: string) => readonly string[]): void {
    for (const [content_index, part] of (content as readonly Fields[]).entries()) {
      const at = { ...place, content_index };
      const text = String(part["text"]);
      add("response.content_part.added", { ...at, part: { ...part, text: "" } });
      for (const delta of split(text)) add("response.output_text.delta", { ...at, delta, logprobs: [] });
      add("response.output_text.done", { ...at, text, logprobs: [] });
      add("response.content_part.done", { ...at, part });
    }
  }

  function addThought({ summary }: Fields, place: Fields, split: (text: string) => readonly string[]): void {
    for (const [summary_index, part] of (summary as readonly Fields[]).entries()) {
      const at = { ...place, summary_index };
      const text = String(part["text"]);
      add("response.reasoning_summary_part.added", { ...at, part: { ...part, text: "" } });
      for (const delta of split(text)) add("response.reasoning_summary_text.delta", { ...at, delta });
      add("response.reasoning_summary_text.done", { ...at, text });
      add("response.reasoning_summary_part.done", { ...at, part });
    }
  }

  return {
    list,
    add,

    addItem(item, split) {
      const { type, id } = item;
      const output_index = items++;
      const place = { item_id: id, output_index };
      add("response.output_item.added", { output_index, item: blankOf(item) });
      if (type === "message") addMessage(item, place, split);
      if (type === "reasoning") addThought(item, place, split);
      if (type === "function_call") {
        const text = String(item["arguments"]);
        for (const delta of [text.slice(0, 5), text.slice(5)]) {
          add("response.function_call_arguments.delta", { ...place, delta });
        }
        add("response.function_call_arguments.done", { ...place, name: item["name"], arguments: text });
      }
      add("response.output_item.done", { output_index, item });
    },
  };
}

function blankOf(item: Fields): Fields {
  switch (item["type"]) {
    case "message":
      return { ...item, status: "in_progress", content: [] };
    case "function_call":
      return { ...item, status: "in_progress", arguments: "" };
    default:
      return { ...item, summary: [] };
  }
}
